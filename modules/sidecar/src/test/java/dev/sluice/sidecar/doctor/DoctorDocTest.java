package dev.sluice.sidecar.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.s3.BucketProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Holds the table of `docs/doctor.md` against the findings that the code makes.
class DoctorDocTest {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));
    private static final Pattern MADE =
            Pattern.compile("(?:DoctorFinding\\s*\\.(?:ok|warn|fail)\\(\\s*|String id = )\"([a-z-]+)\"[,;)]");
    private static final Pattern LISTED = Pattern.compile("`([a-z-]+)`");

    @Test
    void everyFindingIsExplainedAndNoOther() throws IOException {
        Set<String> listed = new TreeSet<>();
        for (String line : Files.readAllLines(ROOT.resolve("docs/doctor.md"))) {
            if (line.startsWith("| `")) {
                String first = line.substring(1, line.indexOf('|', 1));
                LISTED.matcher(first).results().forEach(name -> listed.add(name.group(1)));
            }
        }
        // Of `sluice doctor --restore DB`: their names are those of the preconditions of a restore.
        listed.removeIf(name -> name.startsWith("restore-"));

        assertThat(listed).containsExactlyInAnyOrderElementsOf(made());
    }

    private static Set<String> made() throws IOException {
        Set<String> made = new TreeSet<>();
        Arrays.stream(BucketProbe.Operation.values())
                .forEach(operation -> made.add(
                        "bucket-" + operation.name().toLowerCase(Locale.ROOT).replace('_', '-')));
        List<Path> sources;
        try (Stream<Path> files = Files.walk(ROOT.resolve("modules/sidecar/src/main/java"))) {
            sources = files.filter(file -> file.toString().endsWith(".java")).toList();
        }
        for (Path source : sources) {
            MADE.matcher(Files.readString(source)).results().forEach(id -> made.add(id.group(1)));
        }
        return made;
    }
}
