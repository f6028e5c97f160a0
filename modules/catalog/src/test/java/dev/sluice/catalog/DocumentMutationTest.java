package dev.sluice.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.catalog.DocumentReader.Sums;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Damages every member of every document in many ways. The result is a document, or one [CatalogException] that
/// names the key, within a short time.
class DocumentMutationTest {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final Duration SOON = Duration.ofSeconds(1);

    static List<FrozenDocument> documents() {
        return FrozenDocument.all();
    }

    /// One document of each kind: a full backup's entry stands for those of the other types.
    static List<FrozenDocument> kinds() {
        return List.of(
                FrozenDocument.named(1, "full"),
                FrozenDocument.named(1, "unconfirmed"),
                FrozenDocument.named(1, "owner"),
                FrozenDocument.named(2, "full"),
                FrozenDocument.named(2, "unconfirmed"),
                FrozenDocument.named(2, "large"),
                FrozenDocument.named(2, "adopted"),
                FrozenDocument.named(2, "owner"));
    }

    private static final Set<String> FACTS =
            Set.of("inspected", "msdb", "facts", "takenBy", "baseline", "streams", "set", "files", "other", "identity");
    private static final Set<String> NULLABLE = Set.of(
            "finishedAt", "msdb", "statement", "databaseEncrypted", "takenBy", "baseline", "set", "files", "other");

    /// A place in a document: the path from the root, by names and indexes.
    private record Place(List<String> way) {
        /// The groups of facts, in which each fact may be missing.
        boolean isFree() {
            return FACTS.contains(way.getFirst());
        }

        /// The bytes of a pending document may be any number, since nothing else in it states them.
        boolean isLastOfPending(FrozenDocument document) {
            return !document.key().contains("/catalog/") && toString().matches("stripes/0(/segments/0)?");
        }

        boolean mayBeNull(FrozenDocument document) {
            JsonNode was = at(MAPPER.readTree(document.bytes()), way);
            return (way.size() == 1 && NULLABLE.contains(way.getFirst())) || (was != null && was.isNull());
        }

        @Override
        public String toString() {
            return String.join("/", way);
        }
    }

    private static List<Place> places(JsonNode root) {
        List<Place> places = new ArrayList<>();
        collect(root, List.of(), places);
        return places;
    }

    private static void collect(JsonNode node, List<String> way, List<Place> places) {
        Map<String, JsonNode> children = new LinkedHashMap<>();
        node.properties().forEach(child -> children.put(child.getKey(), child.getValue()));
        for (int i = 0; node.isArray() && i < node.size(); i++) {
            children.put(String.valueOf(i), node.get(i));
        }
        children.forEach((name, child) -> {
            List<String> longer = new ArrayList<>(way);
            longer.add(name);
            places.add(new Place(List.copyOf(longer)));
            collect(child, longer, places);
        });
    }

    private static @Nullable JsonNode at(JsonNode root, List<String> way) {
        JsonNode node = root;
        for (String step : way) {
            node = node == null ? null : node.isArray() ? node.get(Integer.parseInt(step)) : node.get(step);
        }
        return node;
    }

    /// @param value null removes it
    private static byte[] with(FrozenDocument document, Place place, @Nullable JsonNode value) {
        JsonNode root = MAPPER.readTree(document.bytes());
        JsonNode parent = at(root, place.way().subList(0, place.way().size() - 1));
        String last = place.way().getLast();
        if (parent instanceof ObjectNode object) {
            if (value == null) {
                object.remove(last);
            } else {
                object.set(last, value);
            }
        } else if (parent instanceof ArrayNode array) {
            if (value == null) {
                array.remove(Integer.parseInt(last));
            } else {
                array.set(Integer.parseInt(last), value);
            }
        }
        return MAPPER.writeValueAsBytes(root);
    }

    /// @return whether it was refused
    private static boolean refused(FrozenDocument document, String what, byte[] contents) {
        return refused(document, what, () -> document.read(contents));
    }

    private interface Reading {
        Object read();
    }

    private static boolean refused(FrozenDocument document, String what, Reading reading) {
        long began = cpu();
        try {
            Object read = reading.read();
            if (read instanceof BackupDocument backup) {
                backup.facts();
                backup.baseline();
                backup.taker();
                backup.files();
                backup.statement();
            }
            return false;
        } catch (CatalogException e) {
            assertThat(e).hasMessageContaining("prefix/" + document.key());
            assertThat(e.getMessage().length()).as("%s: %s", document, what).isLessThan(1_500);
            return true;
        } catch (RuntimeException | Error e) {
            return fail("%s: %s".formatted(document, what), e);
        } finally {
            assertThat(Duration.ofNanos(cpu() - began))
                    .as("%s: %s", document, what)
                    .isLessThan(SOON);
        }
    }

    /// The processor time of this thread, because the wait for a processor does not depend on the reader.
    private static long cpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void readAsTheyWereWrittenTheyAreWrittenTheSame(FrozenDocument document) {
        assertThat(new String(written(document.version(), document.read(document.bytes())), UTF_8))
                .isEqualTo(document.json());
    }

    private static byte[] written(int version, Object document) {
        return switch (document) {
            case BackupDocument backup -> version == 1 ? Version1Writer.write(backup) : DocumentWriter.write(backup);
            case OwnerDocument owner -> version == 1 ? Version1Writer.write(owner) : DocumentWriter.write(owner);
            default -> throw new AssertionError(document);
        };
    }

    /// Version 2 keeps all facts of version 1.
    @ParameterizedTest
    @MethodSource("documents")
    void writtenAsTheyAreWrittenNowTheySayTheSame(FrozenDocument document) {
        byte[] now = written(2, document.read(document.bytes()));

        Object again = document.read(now);

        assertThat(new String(written(2, again), UTF_8)).isEqualTo(new String(now, UTF_8));
        if (again instanceof BackupDocument backup) {
            BackupDocument before = document.backup();
            assertThat(backup.facts()).isEqualTo(before.facts());
            assertThat(backup.baseline()).isEqualTo(before.baseline());
            assertThat(backup.taker()).isEqualTo(before.taker());
            assertThat(backup.files()).isEqualTo(before.files());
            assertThat(backup.statement()).isEqualTo(before.statement());
            assertThat(backup.details()).isEqualTo(before.details());
            if (before.hasSums()) {
                assertThat(backup.stripes()).isEqualTo(before.stripes());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void inAnotherOrderAndLayoutTheyAreTheSameDocument(FrozenDocument document) {
        ObjectNode turned = NODES.objectNode();
        if (document.version() > 1) {
            turned.put("schemaVersion", 0);
            turned.put("schemaMinor", 0);
        }
        ObjectNode root = (ObjectNode) MAPPER.readTree(document.bytes());
        root.propertyNames().stream().sorted().forEach(name -> turned.set(name, root.get(name)));

        Object read = document.read(turned.toString().getBytes(UTF_8));

        assertThat(new String(written(document.version(), read), UTF_8)).isEqualTo(document.json());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aMemberThatIsMissingOrNullIsRefusedUnlessTheVersionHasItSo(FrozenDocument document) {
        for (Place place : places(MAPPER.readTree(document.bytes()))) {
            boolean removed = refused(document, "without " + place, with(document, place, null));
            boolean nulled = refused(document, "null at " + place, with(document, place, NODES.nullNode()));

            if (!place.isFree() && !place.isLastOfPending(document)) {
                assertThat(removed).as("%s without %s", document, place).isTrue();
            }
            assertThat(nulled).as("%s with null at %s", document, place).isEqualTo(!place.mayBeNull(document));
        }
        assertThat(refused(
                        document,
                        "with another member",
                        with(document, new Place(List.of("more")), NODES.numberNode(1))))
                .isTrue();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aMemberOfAnotherTypeIsRefusedUnlessItIsFree(FrozenDocument document) {
        List<JsonNode> others = List.of(
                NODES.stringNode("abc"),
                NODES.stringNode(""),
                NODES.stringNode("%"),
                NODES.numberNode(7),
                NODES.numberNode(-7),
                NODES.numberNode(1.5),
                NODES.booleanNode(true),
                NODES.objectNode(),
                NODES.arrayNode());
        JsonNode root = MAPPER.readTree(document.bytes());
        for (Place place : places(root)) {
            JsonNode was = at(root, place.way());
            for (JsonNode other : others) {
                boolean refused = refused(document, other + " at " + place, with(document, place, other));
                if (!place.isFree() && was != null && other.getNodeType() != was.getNodeType()) {
                    assertThat(refused || place.mayBeNull(document))
                            .as("%s with %s at %s", document, other, place)
                            .isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aHugeValueIsRefusedAndSoon(FrozenDocument document) {
        List<JsonNode> huge = List.of(
                NODES.stringNode("x".repeat(66_000)),
                NODES.stringNode("9".repeat(66_000)),
                NODES.numberNode(Long.MAX_VALUE),
                NODES.numberNode(BigInteger.TEN.pow(900)),
                NODES.stringNode("9".repeat(40)),
                NODES.stringNode("+999999999-01-01T00:00:00Z"),
                nested(400));
        JsonNode root = MAPPER.readTree(document.bytes());
        for (Place place : places(root)) {
            for (JsonNode value : huge) {
                String shown = value.isValueNode() ? value.asString() : "depth";
                boolean refused = refused(
                        document,
                        shown.substring(0, Math.min(40, shown.length())) + " at " + place,
                        with(document, place, value));
                if (!place.isFree()) {
                    // A proof, a name and an ETag are free text within their bounds.
                    assertThat(refused || shown.length() <= 40)
                            .as("%s with %s at %s", document, shown.length(), place)
                            .isTrue();
                }
            }
        }
        Place lsn = new Place(List.of(document.name().equals("owner") ? "server" : "lastLsn"));
        assertThat(refused(document, "2 million digits", with(document, lsn, NODES.stringNode("9".repeat(2_000_000)))))
                .isTrue();
    }

    private static JsonNode nested(int depth) {
        JsonNode node = NODES.arrayNode();
        for (int i = 0; i < depth; i++) {
            node = NODES.arrayNode().add(node);
        }
        return node;
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anotherDocumentsValueIsRefusedInAMemberThatIdentifiesTheDocument(FrozenDocument document) {
        JsonNode root = MAPPER.readTree(document.bytes());
        for (FrozenDocument other : FrozenDocument.all()) {
            JsonNode theirs = MAPPER.readTree(other.bytes());
            for (Place place : places(root)) {
                JsonNode value = at(theirs, place.way());
                if (value != null && !value.equals(at(root, place.way()))) {
                    boolean refused = refused(document, other + "'s " + place, with(document, place, value));
                    if (place.way().getFirst().matches("backupId|server|database|deviceSet")
                            || place.way().getLast().equals("key")) {
                        assertThat(refused)
                                .as("%s with %s's %s", document, other, place)
                                .isTrue();
                    }
                }
            }
            if (!document.key().equals(other.key())) {
                assertThat(refused(document, "the whole of " + other, other.bytes()))
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aPartOfADocumentIsNone(FrozenDocument document) {
        for (int length = 0; length < document.bytes().length - 1; length += 53) {
            byte[] part = Arrays.copyOf(document.bytes(), length);
            assertThat(refused(document, "cut after " + length, part)).isTrue();
        }
        byte[] more = (new String(document.bytes(), UTF_8) + "{}").getBytes(UTF_8);
        assertThat(refused(document, "with more behind it", more)).isTrue();
    }

    /// 400 MiB of each, of which the reader must take only a small part.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0000",
                " ",
                "[",
                "{\"a\":",
                "{\"schemaVersion\" : 1, \"backupId\" : \"x",
                "{\"schemaVersion\" : 2, \"schemaMinor\" : 0, \"backupId\" : \"x",
                "{\"schemaVersion\" : 2, \"schemaMinor\" : 9, \"more\" : \"x",
                "{\"schemaVersion\" : 3, \"more\" : \"x",
                "{\"schemaVersion\" : 3, \"more\" : [ 1, ",
                "x",
                "9"
            })
    void aLargeObjectThatIsNoDocumentIsNotReadToItsEnd(String beginning) {
        for (String name : List.of("full", "pending", "owner")) {
            FrozenDocument document = FrozenDocument.named(1, name);
            Endless body = new Endless(beginning);

            boolean refused = refused(document, beginning, () -> document.read(400 << 20, body, Sums.KEPT));

            assertThat(refused).isTrue();
            assertThat(body.served).isLessThan(20 << 20);
        }
    }

    /// A body of one text again and again, 400 MiB of it.
    private static final class Endless extends InputStream {
        private final byte[] texts;
        long served;

        Endless(String text) {
            this.texts = text.repeat((1 << 20) / text.length()).getBytes(UTF_8);
        }

        @Override
        public int read() {
            return served == 400 << 20 ? -1 : texts[(int) (served++ % texts.length)];
        }

        @Override
        public int read(byte[] to, int offset, int length) {
            int from = (int) (served % texts.length);
            int count = (int) Math.min(Math.min(length, texts.length - from), (400L << 20) - served);
            System.arraycopy(texts, from, to, offset, count);
            served += count;
            return count == 0 ? -1 : count;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"KEPT", "LEFT_OUT"})
    void aDocumentWithAMillionSumsIsReadAsItArrives(String sums) {
        FrozenDocument full = FrozenDocument.named(1, "full");
        int blocks = 1_000_000;
        long bytes = blocks * (8L << 20);
        CatalogKey small = CatalogKey.parse(full.key()).orElseThrow();
        String large = full.key().replace("_" + small.bytes() + "_", "_" + bytes + "_");
        ObjectNode root = (ObjectNode) MAPPER.readTree(full.bytes());
        ArrayNode stripes = (ArrayNode) root.get("stripes");
        while (stripes.size() > 1) {
            stripes.remove(1);
        }
        ObjectNode segment = (ObjectNode) stripes.get(0).get("segments").get(0);
        segment.put("bytes", bytes);
        ((ObjectNode) segment.get("blocks")).set("crc32c", NODES.arrayNode().add("SUMS"));
        ArrayNode parts = segment.putArray("parts");
        for (int i = 1; i <= bytes >> 30; i++) {
            parts.addObject().put("number", i).put("bytes", 1 << 30).put("crc32c", "00000000");
        }
        parts.addObject().put("number", 7_813).put("bytes", bytes % (1L << 30)).put("crc32c", "00000000");
        String[] around = root.toString().split("\"SUMS\"", 2);
        StringBuilder text = new StringBuilder(around[0]);
        for (int i = 0; i < blocks; i++) {
            text.append(i == 0 ? "" : ", ").append("\"%08x\"".formatted(i));
        }
        String json = text.append(around[1]).toString();
        byte[] contents = json.getBytes(UTF_8);

        BackupDocument read = (BackupDocument) new FrozenDocument(1, "full", large, json)
                .read(contents.length, new ByteArrayInputStream(contents), Sums.valueOf(sums));

        List<String> packed =
                read.stripes().getFirst().segments().getFirst().blocks().crc32c();
        assertThat(packed.size()).isEqualTo(blocks);
        assertThat(read.bytes()).isEqualTo(bytes);
        if (sums.equals("KEPT")) {
            assertThat(packed.get(0xBEEF)).isEqualTo("0000beef");
        } else {
            assertThat(read.hasSums()).isFalse();
            assertThatThrownBy(() -> DocumentWriter.write(read)).hasStackTraceContaining("without its sums");
            Object whole = new FrozenDocument(1, "full", large, json).read(contents);
            assertThat(read).isNotEqualTo(whole);
            assertThat(whole).isNotEqualTo(read);
        }
    }

    /// Keys as early versions wrote them under a locale with digits and letters of its own.
    @ParameterizedTest
    @ValueSource(strings = {"٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "๐๑๒๓๔๕๖๗๘๙"})
    void keysWithOtherDigitsAndPiecesOfNamesPass(String digits) {
        FrozenDocument full = FrozenDocument.named(1, "full");
        Consumer<String> passes = piece -> {
            CatalogKey key = CatalogKey.parse(full.key()).orElseThrow();
            StringBuilder bytes = new StringBuilder();
            String.valueOf(key.bytes()).chars().forEach(c -> bytes.append(digits.charAt(c - '0')));
            String contents = new String(full.bytes(), UTF_8)
                    .replace("/stripe-001", "/stripe-%1$c%1$c%2$c".formatted(digits.charAt(0), digits.charAt(1)))
                    .replace("/stripe-002", "/stripe-%1$c%1$c%2$c".formatted(digits.charAt(0), digits.charAt(2)))
                    .replace("/data/sales-", "/data/" + piece + "-");
            FrozenDocument other = new FrozenDocument(
                    1,
                    "full",
                    full.key()
                            .replace("_" + key.bytes() + "_", "_" + bytes + "_")
                            .replace("sales-", piece + "-"),
                    contents);
            assertThat(other.read(other.bytes())).isInstanceOf(BackupDocument.class);
        };

        passes.accept("sales");
        passes.accept("s-les");
    }
}
