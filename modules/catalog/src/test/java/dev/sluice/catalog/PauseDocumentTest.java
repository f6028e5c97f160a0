package dev.sluice.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.catalog.PauseDocument.Work;
import dev.sluice.s3.S3Store;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Pauses in the bucket: their text, and what a reader refuses.
class PauseDocumentTest {

    private static final String ID = "01J0000000000000000000000A";
    private static final Instant NOW = Instant.parse("2026-11-30T10:00:00Z");
    private static final PauseDocument PAUSE = new PauseDocument(
            "1.0",
            ID,
            "test",
            new Scope.Databases(List.of("Sales*", "!SalesStaging")),
            Set.of(Work.FULL, Work.LOG),
            NOW,
            NOW.plus(Duration.ofHours(2)),
            "migration");

    /// As buckets have it: never to be changed.
    static final String JSON = """
            {
              "schemaVersion" : 2,
              "schemaMinor" : 0,
              "sluiceVersion" : "1.0",
              "pauseId" : "01J0000000000000000000000A",
              "server" : "test",
              "databases" : [ "Sales*", "!SalesStaging" ],
              "policy" : null,
              "types" : [ "full", "log" ],
              "pausedAt" : "2026-11-30T10:00:00Z",
              "until" : "2026-11-30T12:00:00Z",
              "reason" : "migration"
            }""";

    private S3Store store;
    private Pauses pauses;

    @BeforeEach
    void open() {
        store = TestBucket.store();
        pauses = new Catalog(store, new Keys("test")).pauses();
    }

    @AfterEach
    void close() {
        store.close();
    }

    private List<PauseDocument> all(List<String> unreadable) {
        return pauses.all(e -> unreadable.add(String.valueOf(e.getMessage())))
                .collectList()
                .block(TestBucket.PROMPTLY);
    }

    private void put(String json) {
        store.put("test/pauses/" + ID + ".json", json.getBytes(UTF_8)).block(TestBucket.PROMPTLY);
    }

    @Test
    void aPauseIsWrittenAsDocumentedAndReadAgain() {
        pauses.write(PAUSE).block(TestBucket.PROMPTLY);
        pauses.write(PAUSE).block(TestBucket.PROMPTLY); // a request that was sent twice

        assertThat(store.get("test/pauses/" + ID + ".json").block(TestBucket.PROMPTLY))
                .asString(UTF_8)
                .isEqualTo(JSON);
        List<String> unreadable = new ArrayList<>();
        assertThat(all(unreadable)).containsExactly(PAUSE);
        assertThat(unreadable).isEmpty();
    }

    @Test
    void noPauseReplacesAnother() {
        pauses.write(PAUSE).block(TestBucket.PROMPTLY);
        PauseDocument other =
                new PauseDocument("1.0", ID, "test", new Scope.Everything(), Set.of(), NOW, NOW.plusSeconds(1), null);

        assertThatThrownBy(() -> pauses.write(other).block(TestBucket.PROMPTLY))
                .hasMessageContaining("exists already with other contents");
        assertThat(all(new ArrayList<>())).containsExactly(PAUSE);
    }

    @Test
    void everyScopeIsReadAgain() {
        PauseDocument policy = new PauseDocument(
                "1.0", ID, "test", new Scope.Policy("nightly"), Set.of(), NOW, NOW.plusSeconds(1), null);
        pauses.write(policy).block(TestBucket.PROMPTLY);
        assertThat(all(new ArrayList<>())).containsExactly(policy);
        pauses.delete(ID).block(TestBucket.PROMPTLY);

        PauseDocument everything = new PauseDocument(
                "1.0", ID, "test", new Scope.Everything(), Set.of(Work.values()), NOW, NOW.plusSeconds(1), null);
        pauses.write(everything).block(TestBucket.PROMPTLY);
        assertThat(all(new ArrayList<>())).containsExactly(everything);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'\"schemaMinor\" : 0,'|''|schemaMinor is missing",
                "'\"schemaVersion\" : 2'|'\"schemaVersion\" : 3'|schema version 3",
                "'0000A\"'|'0000B\"'|contradicts its key",
                "'\"server\" : \"test\"'|'\"server\" : \"other\"'|contradicts its key",
                "'\"policy\" : null'|'\"policy\" : \"nightly\"'|databases and a policy",
                "'[ \"Sales*\", \"!SalesStaging\" ]'|'[ ]'|1 to 1000 patterns",
                "'\"log\"'|'\"nightly\"'|one of",
                "'2026-11-30T12:00:00Z'|'2026-11-30T10:00:00Z'|ends after it began",
                "'2026-11-30T12:00:00Z'|'2026-12-30T10:00:01Z'|within 30 days",
                "'\"until\" : \"2026-11-30T12:00:00Z\"'|'\"until\" : null'|until",
                "'\"reason\" : \"migration\"'|'\"reason\" : \" \"'|a reason has",
                "'\"reason\" : '|'\"reasons\" : '|reasons",
            })
    void whatIsNoPausePausesNothing(String part, String other, String why) {
        assertThat(JSON).contains(part);
        put(JSON.replace(part, other));
        List<String> unreadable = new ArrayList<>();

        assertThat(all(unreadable)).isEmpty();
        assertThat(unreadable).singleElement().asString().contains("test/pauses/" + ID + ".json", why);
    }

    @Test
    void aMemberOfANewerMinorVersionIsIgnored() {
        put(JSON.replace("\"schemaMinor\" : 0", "\"schemaMinor\" : 1")
                .replace("\"reason\"", "\"later\" : {}, \"reason\""));

        assertThat(all(new ArrayList<>())).containsExactly(PAUSE);
    }

    @Test
    void whatWasEnteredByAClockThatIsFarAheadIsToldApart() {
        assertThat(PAUSE.isAhead(NOW)).isFalse();
        assertThat(PAUSE.isAhead(NOW.minus(PauseDocument.TOLERANCE))).isFalse();
        assertThat(PAUSE.isAhead(NOW.minus(PauseDocument.TOLERANCE).minusSeconds(1)))
                .isTrue();
    }

    @Test
    void itEndsAtItsInstant() {
        assertThat(PAUSE.isInForce(Instant.parse("2026-11-30T11:59:59Z"))).isTrue();
        assertThat(PAUSE.isInForce(Instant.parse("2026-11-30T12:00:00Z"))).isFalse();
        assertThat(PAUSE.isOf(Work.LOG)).isTrue();
        assertThat(PAUSE.isOf(Work.DRILL)).isFalse();
        assertThat(PAUSE.text()).isEqualTo("paused until 2026-11-30T12:00:00Z: migration");
    }
}
