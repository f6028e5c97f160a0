package dev.sluice.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.DocumentReader.Sums;
import dev.sluice.s3.ObjectOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Version 2's rules for later versions, origins and packed sums.
class Version2Test {

    private static final JsonMapper MAPPER = new JsonMapper();

    static List<FrozenDocument> documents() {
        return FrozenDocument.of(2);
    }

    /// Objects whose members the document names itself: those of `other` have no fixed names.
    private static void grow(JsonNode node) {
        for (JsonNode child : node) {
            grow(child);
        }
        if (node instanceof ObjectNode object) {
            object.putObject("laterMember").putArray("with").add(1.5).addNull().addObject();
        }
    }

    private static byte[] grown(FrozenDocument document, int minor) {
        ObjectNode root = (ObjectNode) MAPPER.readTree(document.bytes());
        grow(root);
        root.put("schemaMinor", minor);
        return root.toString().getBytes(UTF_8);
    }

    @ParameterizedTest
    @MethodSource("documents")
    void membersOfANewerMinorVersionAreIgnoredAtEveryLevel(FrozenDocument document) {
        Object read = document.read(grown(document, 2));

        String written = new String(
                read instanceof BackupDocument backup
                        ? DocumentWriter.write(backup)
                        : DocumentWriter.write((OwnerDocument) read),
                UTF_8);
        assertThat(written).isEqualTo(document.json());
    }

    @ParameterizedTest
    @MethodSource("documents")
    void aMemberThatThisMinorVersionDoesNotHaveIsDamage(FrozenDocument document) {
        assertThatThrownBy(() -> document.read(grown(document, 0)))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining(document.key())
                .hasMessageContaining("laterMember is not known");
    }

    @ParameterizedTest
    @MethodSource("documents")
    void aNewerMajorVersionIsRefusedByItsNameAndItsProgram(FrozenDocument document) {
        ObjectNode root = (ObjectNode) MAPPER.readTree(document.bytes());
        root.put("schemaVersion", 3).put("sluiceVersion", "7.1");
        root.putArray("stripes").add("in another way");

        assertThatThrownBy(() -> document.read(root.toString().getBytes(UTF_8)))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining(document.key())
                .hasMessageContaining("schema version 3 by Sluice 7.1")
                .hasMessageContaining("versions 1 and 2: update Sluice");
    }

    @Test
    void aNewerMajorVersionIsNamedAlsoWhenItIsNoJsonBehindItsVersion() {
        FrozenDocument full = FrozenDocument.named(2, "full");

        assertThatThrownBy(() -> full.read("{\"schemaVersion\" : 3, and so on".getBytes(UTF_8)))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining("schema version 3 by a newer Sluice");
    }

    @Test
    void whatWasAskedForTheObjectsIsReadAsItIsWrittenAndInAMinorVersionOfItsOwn() {
        FrozenDocument full = FrozenDocument.named(2, "full");
        String asked = full.json()
                .replace("\"schemaMinor\" : 0", "\"schemaMinor\" : 1")
                .replaceFirst("(\"checksum\" : true)", """
                        $1,
                            "objects" : {
                              "storageClass" : "STANDARD_IA",
                              "lockMode" : "GOVERNANCE",
                              "lockedUntil" : "2027-01-01T00:00:00Z"
                            }""");

        BackupDocument read = (BackupDocument) full.read(asked.getBytes(UTF_8));

        assertThat(read.options().objects())
                .isEqualTo(new BackupDocument.StoredAs(
                        "STANDARD_IA",
                        new ObjectOptions.Lock(
                                ObjectOptions.LockMode.GOVERNANCE, Instant.parse("2027-01-01T00:00:00Z"))));
        assertThat(new String(DocumentWriter.write(read), UTF_8)).isEqualTo(asked);
        assertThat(full.backup().lock()).isEmpty();
        assertThatThrownBy(
                        () -> full.read(asked.replace("\"GOVERNANCE\"", "null").getBytes(UTF_8)))
                .hasMessageContaining("options.objects has one of lockMode and lockedUntil");
    }

    @Test
    void theOriginsAreReadAsTheyAreWritten() {
        assertThat(FrozenDocument.named(1, "full").backup().origin()).isEqualTo(Origin.TAKEN);
        assertThat(FrozenDocument.named(2, "full").backup().origin()).isEqualTo(Origin.TAKEN);
        BackupDocument rebuilt = FrozenDocument.named(2, "rebuilt").backup();
        assertThat(rebuilt.origin()).isEqualTo(Origin.REBUILT);
        assertThat(rebuilt.sumsFrom()).isEqualTo(SumsOrigin.READING);
        assertThat(rebuilt.hasSums()).isTrue();
        BackupDocument adopted = FrozenDocument.named(2, "adopted").backup();
        assertThat(adopted.origin()).isEqualTo(Origin.ADOPTED);
        assertThat(adopted.stripes().getFirst().segments().getFirst().sums()).isEmpty();
    }

    @Test
    void onlyAnAdoptedBackupHasItsBytesElsewhere() {
        FrozenDocument adopted = FrozenDocument.named(2, "adopted");
        for (String origin : List.of("taken", "rebuilt")) {
            String json = adopted.json().replace("\"origin\" : \"adopted\"", "\"origin\" : \"" + origin + "\"");

            assertThatThrownBy(() -> adopted.read(json.getBytes(UTF_8)))
                    .isInstanceOf(CatalogException.class)
                    .hasMessageContaining("/legacy/backups/Stock_20261129.bak")
                    .hasMessageContaining("lie under its own");
        }
        for (String key :
                List.of("/", "legacy/Stock.bak", "test/data/stock/01M8K5E0S6C4K2J9HF7D1PGQ3B/stripe-001.bak")) {
            String json = adopted.json().replace("/legacy/backups/Stock_20261129.bak", key);

            assertThatThrownBy(() -> adopted.read(json.getBytes(UTF_8))).isInstanceOf(CatalogException.class);
        }
    }

    @Test
    void anEntryHasAFewKilobytesHoweverManySumsThereAre() throws IOException {
        FrozenDocument large = FrozenDocument.named(2, "large");
        BackupDocument outline = large.backup();

        assertThat(large.bytes().length).isLessThan(8 << 10);
        assertThat(outline.hasSums()).isFalse();
        BackupDocument whole = attached(outline, FrozenDocument.sums());
        assertThat(whole.hasSums()).isTrue();
        assertThat(whole.stripes().getLast().segments().getFirst().blocks().crc32c())
                .hasSize(385);
        assertThat(SumsFile.pack(whole)).hasValue(FrozenDocument.sums());
    }

    private static BackupDocument attached(BackupDocument document, byte[] sums) throws IOException {
        return SumsFile.attach(document, document.sums(), new ByteArrayInputStream(sums));
    }

    @Test
    void sumsOfWhichAByteIsAnotherAreRefused() {
        BackupDocument outline = FrozenDocument.named(2, "large").backup();
        for (int i = 0; i < FrozenDocument.sums().length; i++) {
            byte[] damaged = FrozenDocument.sums();
            damaged[i] ^= 0x20;
            assertThatThrownBy(() -> attached(outline, damaged)).isInstanceOf(StrictJson.Refusal.class);
        }
    }

    @Test
    void sumsThatAreCutOrGoOnAreRefused() {
        BackupDocument outline = FrozenDocument.named(2, "large").backup();
        for (int length = 0; length < FrozenDocument.sums().length; length += 7) {
            byte[] cut = Arrays.copyOf(FrozenDocument.sums(), length);
            assertThatThrownBy(() -> attached(outline, cut)).isInstanceOf(StrictJson.Refusal.class);
        }
        byte[] more = Arrays.copyOf(FrozenDocument.sums(), FrozenDocument.sums().length + 1);
        assertThatThrownBy(() -> attached(outline, more)).isInstanceOf(StrictJson.Refusal.class);
    }

    @Test
    void damagedSumsInADocumentAreRefusedAlsoByReadersWithoutSums() {
        FrozenDocument full = FrozenDocument.named(2, "full");
        String inline = MAPPER.readTree(full.bytes()).at("/sums/inline").asString();
        byte[] packed = Base64.getDecoder().decode(inline);
        for (int i = 0; i < packed.length; i++) {
            byte[] damaged = packed.clone();
            damaged[i] ^= 1;
            byte[] json = full.json()
                    .replace(inline, Base64.getEncoder().encodeToString(damaged))
                    .getBytes(UTF_8);
            for (Sums wanted : Sums.values()) {
                assertThatThrownBy(() -> full.read(json.length, new ByteArrayInputStream(json), wanted))
                        .isInstanceOf(CatalogException.class)
                        .hasMessageContaining("sums.inline");
            }
        }
    }

    @Test
    void readersWithoutSumsDoNotGetThem() {
        FrozenDocument full = FrozenDocument.named(2, "full");

        BackupDocument outline =
                (BackupDocument) full.read(full.bytes().length, new ByteArrayInputStream(full.bytes()), Sums.LEFT_OUT);

        assertThat(outline.hasSums()).isFalse();
        assertThatThrownBy(() -> DocumentWriter.write(outline)).isInstanceOf(IllegalStateException.class);
        assertThat(outline.facts()).isEqualTo(full.backup().facts());
    }
}
