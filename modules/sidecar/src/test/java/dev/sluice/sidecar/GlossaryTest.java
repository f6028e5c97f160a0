package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The types that the glossary and the architecture name exist, and no two of one name mean different things.
class GlossaryTest {

    private static final Path ROOT = Path.of("../..");
    private static final Pattern CODE = Pattern.compile("`([A-Z]\\w+)(?:[.#]\\w+)?`");

    /// Words in code font that are not types: SQL Server's, S3's, and what a Java library brings.
    private static final List<String> NOT_OURS = List.of("Flux", "Mono", "MemorySegment", "ModuleRulesTest");

    @Test
    void everyTypeInTheGlossaryExists() throws IOException {
        assertThat(named("docs/glossary.md", line -> line.startsWith("|")))
                .isNotEmpty()
                .isSubsetOf(types().keySet());
    }

    @Test
    void everyTypeInTheArchitectureExists() throws IOException {
        List<String> named = named("docs/architecture.md", _ -> true);

        named.removeAll(NOT_OURS);
        assertThat(named).isNotEmpty().isSubsetOf(types().keySet());
    }

    /// The stand-in for SQL Server is left out: it does on its side what Sluice does on the other, under the same
    /// words.
    @Test
    void noTwoTypesHaveOneName() throws IOException {
        Map<String, List<Path>> twice = new TreeMap<>(types());
        twice.replaceAll((_, files) -> files.stream()
                .filter(file -> !file.startsWith(ROOT.resolve("modules/simulator")))
                .toList());
        twice.values().removeIf(files -> files.size() < 2);
        assertThat(twice).isEmpty();
    }

    private static List<String> named(String document, Predicate<String> lines) throws IOException {
        List<String> named = new ArrayList<>();
        try (Stream<String> all = Files.lines(ROOT.resolve(document))) {
            all.filter(lines).forEach(line -> {
                Matcher matcher = CODE.matcher(line);
                while (matcher.find()) {
                    named.add(matcher.group(1));
                }
            });
        }
        return named;
    }

    /// Top-level types by simple name.
    private static Map<String, List<Path>> types() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT.resolve("modules"), 20)) {
            return files.filter(file -> file.toString().replace('\\', '/').contains("src/main/java"))
                    .filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.endsWith("package-info.java"))
                    .collect(Collectors.groupingBy(
                            file -> file.getFileName().toString().replace(".java", ""),
                            TreeMap::new,
                            Collectors.toList()));
        }
    }
}
