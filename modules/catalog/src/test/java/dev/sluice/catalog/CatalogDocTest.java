package dev.sluice.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Holds `docs/catalog.md` to what is written: a field that the document does not explain has no meaning to others.
class CatalogDocTest {

    private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));

    private Set<String> explained;

    @BeforeEach
    void read() throws IOException {
        explained = new TreeSet<>();
        Pattern.compile("`([A-Za-z0-9_]+)`")
                .matcher(Files.readString(ROOT.resolve("docs/catalog.md")))
                .results()
                .forEach(name -> explained.add(name.group(1)));
    }

    @Test
    void everyMemberOfEveryDocumentIsExplained() {
        Set<String> written = new TreeSet<>();
        for (Frozen document : Frozen.of(2)) {
            collect(new JsonMapper().readTree(document.bytes()), written);
        }

        assertThat(written).contains("schemaMinor", "crc32c", "inline", "key", "takenBy", "baseline", "identity");
        assertThat(explained).containsAll(written);
    }

    /// What a member of `other` is called is not ours to say; the frozen documents have none.
    private static void collect(JsonNode node, Set<String> names) {
        names.addAll(node.propertyNames());
        node.forEach(child -> collect(child, names));
    }

    @Test
    void everyFactIsExplained() {
        for (Form form : new Form[] {Form.IDENTITY, Form.BASELINE, Form.STREAM, Form.SET}) {
            assertThat(explained).containsAll(form.names());
        }
    }

    @Test
    void everyValueOfAnOriginIsExplained() {
        assertThat(explained).contains("taken", "rebuilt", "adopted", "storing", "reading");
        assertThat(explained).contains("PENDING", "GOOD", "UNCONFIRMED", "FULL", "DIFFERENTIAL", "LOG");
    }
}
