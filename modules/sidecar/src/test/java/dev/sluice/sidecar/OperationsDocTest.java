package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Holds the errors of `docs/operations.md` against the code.
class OperationsDocTest {

    private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));

    /// An id is a text at a fixed place: first in a failure, second in a problem over HTTP.
    private static final Pattern IN_CODE = Pattern.compile(
            "(?:new OperationFailed\\(|failure\\(|new HttpProblem\\(\\s*\\d+,|put\\(\"id\",)\\s*\"([a-z]+(?:-[a-z]+)*)\"\\s*[,;)]");

    @Test
    void everyIdIsExplainedAndNoOtherOne() throws Exception {
        assertThat(explained()).isEqualTo(inCode());
    }

    @Test
    void theIdsAreFoundInTheCode() throws Exception {
        assertThat(inCode())
                .contains("configuration", "usage", "unexpected", "identity-taken", "not-sysadmin", "bad-request")
                .hasSizeGreaterThan(50);
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

    private static Set<String> inCode() throws IOException {
        Set<String> ids = new TreeSet<>();
        for (String module : Set.of("engine", "sidecar")) {
            try (Stream<Path> files =
                    Files.walk(ROOT.resolve("modules").resolve(module).resolve("src/main/java"))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    Matcher matcher = IN_CODE.matcher(Files.readString(file));
                    while (matcher.find()) {
                        ids.add(matcher.group(1));
                    }
                }
            }
        }
        return ids;
    }
}
