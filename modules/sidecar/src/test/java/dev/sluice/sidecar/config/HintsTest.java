package dev.sluice.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What the program tells people to set can be set.
class HintsTest {

    private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));
    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\n]|\\\\.)*)\"");

    /// Look like keys: a file of control groups, and a key below `policies[].backup`.
    private static final Set<String> OTHERS = Set.of("memory.max", "log.copy-only");

    @Test
    void everyKeyThatATextNamesExists() throws Exception {
        Set<String> keys = new HashSet<>();
        collect(Configuration.class, "", keys);
        String sections = Entry.of(Configuration.class).stream()
                .filter(Entry::section)
                .map(entry -> entry.name() + (entry.list() ? "\\[]" : ""))
                .collect(Collectors.joining("|"));
        Pattern key = Pattern.compile("(?<![\\w./$-])(%s)(\\.[a-z]+(-[a-z]+)*)+(?![\\w/(])".formatted(sections));
        Set<String> named = new TreeSet<>();
        for (String module : List.of("engine", "sidecar", "s3", "vdi-native")) {
            for (String literal :
                    literals(ROOT.resolve("modules").resolve(module).resolve("src/main/java"))) {
                Matcher matcher = key.matcher(literal);
                while (matcher.find()) {
                    named.add(matcher.group());
                }
            }
        }
        named.removeAll(OTHERS);

        assertThat(named).contains("limits.stall", "limits.log-percent", "server.password", "store.profile");
        assertThat(keys).containsAll(named);
    }

    private static List<String> literals(Path sources) throws Exception {
        try (Stream<Path> files = Files.walk(sources)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .flatMap(file -> LITERAL.matcher(read(file)).results())
                    .map(result -> result.group(1))
                    .toList();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void collect(Class<?> section, String path, Set<String> keys) {
        for (Entry entry : Entry.of(section)) {
            String key = path + entry.name();
            keys.add(key);
            if (entry.section()) {
                collect(entry.type(), key + (entry.list() ? "[]." : "."), keys);
            }
        }
    }
}
