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

/// Checks that `docs/catalog.md` explains every field that Sluice writes, so that other programs know its meaning.
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
        for (FrozenDocument document : FrozenDocument.of(2)) {
            collect(new JsonMapper().readTree(document.bytes()), written);
        }

        collect(new JsonMapper().readTree(HoldDocumentTest.JSON), written);
        collect(new JsonMapper().readTree(SummaryDocumentTest.JSON), written);
        collect(new JsonMapper().readTree(HoldDocumentTest.LEGAL_HOLD), written);
        collect(new JsonMapper().readTree(PauseDocumentTest.JSON), written);
        collect(new JsonMapper().readTree(DrillJson.write(DrillsTest.note(), new Keys("test"))), written);
        collect(new JsonMapper().readTree(DrillJson.write(DrillsTest.unsound(), new Keys("test"))), written);

        collect(
                new JsonMapper().readTree(VerificationJson.write(VerificationsTest.damaged(), new Keys("test"))),
                written);

        assertThat(written).contains("schemaMinor", "crc32c", "inline", "key", "takenBy", "baseline", "identity");
        assertThat(explained).containsAll(written);
    }

    /// The members of `other` have no fixed names; the frozen documents have none.
    private static void collect(JsonNode node, Set<String> names) {
        names.addAll(node.propertyNames());
        node.forEach(child -> collect(child, names));
    }

    @Test
    void everyFactIsExplained() {
        for (FactSchema form :
                new FactSchema[] {FactSchema.IDENTITY, FactSchema.BASELINE, FactSchema.STREAM, FactSchema.SET}) {
            assertThat(explained).containsAll(form.names());
        }
    }

    @Test
    void everyValueOfAnOriginIsExplained() {
        assertThat(explained).contains("taken", "rebuilt", "adopted", "storing", "reading");
        assertThat(explained).contains("SOUND", "UNSOUND", "UNPROVEN", "DAMAGED");
        assertThat(explained).contains("PENDING", "GOOD", "UNCONFIRMED", "FULL", "DIFFERENTIAL", "LOG");
    }
}
