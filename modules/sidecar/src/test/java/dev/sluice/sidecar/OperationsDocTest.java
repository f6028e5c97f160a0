package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.run.FailureId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Holds the errors of `docs/operations.md` against the code.
class OperationsDocTest {

    private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));

    @Test
    void everyIdIsExplainedAndNoOtherOne() throws Exception {
        assertThat(explained()).isEqualTo(inCode());
    }

    /// A failure that no code can meet is a promise in the document that means nothing.
    @Test
    void everyIdIsUsed() throws IOException {
        StringBuilder code = new StringBuilder();
        for (String module : List.of("engine", "sidecar")) {
            try (Stream<Path> files =
                    Files.walk(ROOT.resolve("modules").resolve(module).resolve("src/main/java"))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    code.append(Files.readString(file));
                }
            }
        }
        assertThat(FailureId.values())
                .allSatisfy(id -> assertThat(code).as(id.name()).contains("FailureId." + id.name()));
    }

    @Test
    void everyIdHasARemedyAStatusAndAnExitCode() {
        assertThat(FailureId.values()).allSatisfy(id -> {
            assertThat(id.exitCode()).isBetween(1, 2);
            assertThat(id.httpStatus()).isBetween(400, 503);
            assertThat(id.remedy()).as(id.text()).isNotBlank();
        });
    }

    private static Set<String> explained() throws IOException {
        Set<String> ids = new TreeSet<>();
        String document = Files.readString(ROOT.resolve("docs/operations.md"));
        document.substring(document.indexOf("\n## Errors\n"))
                .lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.substring(0, line.indexOf('|', 1)))
                .forEach(cell ->
                        Pattern.compile("`([^`]+)`").matcher(cell).results().forEach(id -> ids.add(id.group(1))));
        return ids;
    }

    private static Set<String> inCode() {
        return Arrays.stream(FailureId.values()).map(FailureId::text).collect(Collectors.toCollection(TreeSet::new));
    }
}
