package dev.sluice.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Holds `docs/configuration.md` against the records. `-Dsluice.docs.write=true` writes its tables anew.
class ConfigurationDocTest {

    private static final Path DOCUMENT =
            Path.of(System.getProperty("sluice.root", "../.."), "docs", "configuration.md");
    private static final String BEGIN = "<!-- from the records: begin -->\n";
    private static final String END = "<!-- from the records: end -->\n";
    private static final Map<String, String> UNITS = Map.of(
            "size", "bytes, in KiB, MiB, GiB, TiB",
            "duration", "ms, s, m, h, d",
            "time table", "cron",
            "time zone", "a name of the tz database");

    @Test
    void theTablesAreThoseOfTheRecords() throws Exception {
        String document = Files.readString(DOCUMENT);
        int from = document.indexOf(BEGIN) + BEGIN.length();
        int to = document.indexOf(END);
        assertThat(document).contains(BEGIN, END);

        if (Boolean.getBoolean("sluice.docs.write")) {
            Files.writeString(DOCUMENT, document.substring(0, from) + tables() + document.substring(to));
            return;
        }

        assertThat(document.substring(from, to)).isEqualTo(tables());
    }

    @Test
    void everyExampleInTheDocumentsIsAConfigurationWithoutMistakes() throws Exception {
        List<String> examples = new ArrayList<>();
        for (Path document : List.of(DOCUMENT, DOCUMENT.resolveSibling("notify.md"))) {
            List<String> found = examples(Files.readString(document));
            assertThat(found).as(document.toString()).isNotEmpty();
            examples.addAll(found);
        }

        for (String example : examples) {
            // Files that the reader has, and this machine has not.
            String readable = example.replaceAll("\\$\\{(file|credential):[^}]*}", "a-secret-of-the-reader");
            assertThat(ConfigurationFile.parse(Path.of("example"), readable, _ -> "from-environment"))
                    .isNotNull();
        }
    }

    @Test
    void everyExampleOfAKeyCanBeItsValue() {
        check(Configuration.class);
    }

    private static void check(Class<?> section) {
        for (Entry entry : Entry.of(section)) {
            String example = entry.key().example();
            Scalar scalar = entry.scalar();
            if (scalar != null && !example.isEmpty() && !example.contains("${") && !entry.list()) {
                Object value = scalar.parse().apply(example);
                assertThat(scalar.write().apply(value)).as(entry.name()).isNotEmpty();
                if (!entry.key().pattern().isEmpty()) {
                    assertThat(example).as(entry.name()).matches(entry.key().pattern());
                }
            }
            if (entry.section()) {
                check(entry.type());
            }
        }
    }

    private static List<String> examples(String document) {
        List<String> examples = new ArrayList<>();
        int at = document.indexOf("```yaml\n");
        while (at >= 0) {
            int end = document.indexOf("```", at + 8);
            examples.add(document.substring(at + 8, end));
            at = document.indexOf("```yaml\n", end);
        }
        return examples;
    }

    private static String tables() {
        StringBuilder text = new StringBuilder();
        for (Entry entry : Entry.of(Configuration.class)) {
            section(text, entry, entry.name());
        }
        return text.toString();
    }

    private static void section(StringBuilder text, Entry section, String path) {
        text.append("\n### `").append(path).append("`\n\n");
        text.append(section.key().value())
                .append(section.required() ? " Required." : "")
                .append("\n\n");
        text.append("| Key | Meaning | Bound and unit | Default | Example |\n|---|---|---|---|---|\n");
        List<Entry> nested = new ArrayList<>();
        for (Entry entry : Entry.of(section.type())) {
            if (entry.section()) {
                nested.add(entry);
            }
            text.append("| `%s` | %s | %s | %s | %s |%n"
                    .formatted(entry.name(), entry.key().value(), bound(entry), initial(entry), example(entry)));
        }
        for (Entry entry : nested) {
            section(text, entry, path + (section.list() ? "[]." : ".") + entry.name());
        }
    }

    private static String bound(Entry entry) {
        List<String> parts = new ArrayList<>();
        Scalar scalar = entry.scalar();
        if (scalar == null) {
            return entry.key().single().isEmpty()
                    ? "section"
                    : "`%s`, or a section".formatted(entry.key().single());
        }
        if (!entry.key().min().isEmpty() && !entry.key().max().isEmpty()) {
            parts.add("%s to %s".formatted(entry.key().min(), entry.key().max()));
        } else if (!entry.key().max().isEmpty()) {
            parts.add("up to " + entry.key().max());
        }
        if (!entry.key().bound().isEmpty()) {
            parts.add(entry.key().bound());
        }
        if (!scalar.words().isEmpty()) {
            parts.add(String.join(
                    ", ", scalar.words().stream().map(word -> "`" + word + "`").toList()));
        }
        if (UNITS.containsKey(scalar.name())) {
            parts.add(UNITS.get(scalar.name()));
        }
        if (scalar.name().equals("boolean")) {
            parts.add("`true`, `false`");
        }
        if (parts.isEmpty()) {
            parts.add(entry.secret() ? "text, a secret" : scalar.name());
        }
        return (entry.list() ? "list: " : "") + String.join("; ", parts);
    }

    private static String initial(Entry entry) {
        if (entry.required()) {
            return "required";
        }
        String word = entry.key().word().isEmpty()
                ? entry.key().initial()
                : entry.key().word();
        return word.isEmpty() ? "none" : "`" + word + "`";
    }

    private static String example(Entry entry) {
        if (entry.section()) {
            return "";
        }
        String example = entry.key().example().isEmpty()
                ? entry.key().initial()
                : entry.key().example();
        if (example.isEmpty()) {
            example = entry.key().word();
        }
        return "`" + (entry.list() ? example : Yaml.scalar(example)).replace("|", "\\|") + "`";
    }
}
