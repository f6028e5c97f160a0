package dev.sluice.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.s3.S3Store;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Holds in the bucket: their text, and what a reader refuses.
class HoldDocumentTest {

    private static final String FULL = "01J0000000000000000000000A";
    private static final String LOG = "01J0000000000000000000000B";
    private static final Instant NOW = Instant.parse("2026-11-30T10:00:00Z");
    private static final HoldDocument HOLD = new HoldDocument(
            "1.0", LOG, "test", "Sales", NOW, Instant.parse("2027-06-30T00:00:00Z"), "lawsuit 7", List.of(FULL, LOG));

    /// As buckets have it: never to be changed.
    static final String JSON = """
            {
              "schemaVersion" : 2,
              "schemaMinor" : 0,
              "sluiceVersion" : "1.0",
              "backupId" : "01J0000000000000000000000B",
              "server" : "test",
              "database" : "Sales",
              "heldAt" : "2026-11-30T10:00:00Z",
              "until" : "2027-06-30T00:00:00Z",
              "reason" : "lawsuit 7",
              "backups" : [ "01J0000000000000000000000A", "01J0000000000000000000000B" ]
            }""";

    static final String LEGAL_HOLD = JSON.replace("\"schemaMinor\" : 0", "\"schemaMinor\" : 1")
            .replace("\"2027-06-30T00:00:00Z\"", "null")
            .replace("0000B\" ]", "0000B\" ],\n  \"legalHold\" : true");

    static final String PARTIAL_LEGAL_HOLD = LEGAL_HOLD.replace(
            "\"legalHold\" : true",
            "\"legalHold\" : true,\n  \"lockedBackups\" : [ \"%s\" ],\n  \"heldBefore\" : [ \"test/data/Sales/%s/stripe-001.bak\" ]"
                    .formatted(LOG, LOG));

    private S3Store store;
    private Catalog catalog;

    @BeforeEach
    void open() {
        store = TestBucket.store();
        catalog = new Catalog(store, new Keys("test"));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void put(String json) {
        store.put("test/holds/" + LOG + ".json", json.getBytes(UTF_8)).block(TestBucket.PROMPTLY);
    }

    private HoldDocument read() {
        return catalog.holds().read(LOG).block(TestBucket.PROMPTLY);
    }

    @Test
    void aHoldIsWrittenAsDocumentedAndReadAgain() {
        catalog.holds().write(HOLD).block(TestBucket.PROMPTLY);

        assertThat(store.get("test/holds/" + LOG + ".json").block(TestBucket.PROMPTLY))
                .asString(UTF_8)
                .isEqualTo(JSON);
        assertThat(read()).isEqualTo(HOLD);
        assertThat(catalog.holds()
                        .all(e -> {
                            throw e;
                        })
                        .collectList()
                        .block(TestBucket.PROMPTLY))
                .containsExactly(HOLD);
    }

    @Test
    void aHoldWithoutEndAndWithoutReasonHoldsAtEveryInstant() {
        HoldDocument hold = new HoldDocument("1.0", LOG, "test", "Sales", NOW, null, null, List.of(LOG));
        catalog.holds().write(hold).block(TestBucket.PROMPTLY);

        assertThat(read()).isEqualTo(hold);
        assertThat(hold.isInForce(Instant.MAX)).isTrue();
        assertThat(HOLD.isInForce(Instant.parse("2027-06-29T23:59:59Z"))).isTrue();
        assertThat(HOLD.isInForce(Instant.parse("2027-06-30T00:00:00Z"))).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'\"schemaMinor\" : 0,'|''|schemaMinor is missing",
                "'\"schemaVersion\" : 2'|'\"schemaVersion\" : 3'|schema version 3",
                "'\"schemaVersion\" : 2'|'\"schemaVersion\" : 1'|schema version 1",
                "'\"backupId\" : \"01J0000000000000000000000B\"'|'\"backupId\" : \"01J0000000000000000000000A\"'|contradicts its key",
                "'\"server\" : \"test\"'|'\"server\" : \"other\"'|contradicts its key",
                "'\"heldAt\" : \"2026-11-30T10:00:00Z\"'|'\"heldAt\" : \"yesterday\"'|heldAt",
                "'\"until\" : \"2027-06-30T00:00:00Z\"'|'\"until\" : 5'|until",
                "'\"reason\" : \"lawsuit 7\"'|'\"reason\" : \" \"'|a reason has",
                "', \"01J0000000000000000000000B\" ]'|' ]'|holds the backup that it names",
                "'\"01J0000000000000000000000A\"'|'\"01J0000000000000000000000U\"'|is not a backup id",
                "'\"reason\" : '|'\"reasons\" : '|reasons",
            })
    void whatIsNoHoldIsRefusedByItsKey(String part, String other, String why) {
        assertThat(JSON).contains(part);
        put(JSON.replace(part, other));

        assertThatThrownBy(this::read)
                .isInstanceOfSatisfying(
                        CatalogException.class, e -> assertThat(e.backupId()).isEqualTo(LOG))
                .hasMessageContaining("test/holds/" + LOG + ".json")
                .hasMessageContaining(why);
        List<String> unreadable = new ArrayList<>();
        assertThat(catalog.holds()
                        .all(e -> unreadable.add(e.backupId()))
                        .collectList()
                        .block(TestBucket.PROMPTLY))
                .isEmpty();
        assertThat(unreadable).containsExactly(LOG);
    }

    @Test
    void aMemberOfANewerMinorVersionIsIgnored() {
        put(JSON.replace("\"schemaMinor\" : 0", "\"schemaMinor\" : 1")
                .replace("\"reason\"", "\"later\" : {}, \"reason\""));

        assertThat(read()).isEqualTo(HOLD);
    }

    @Test
    void aLegalHoldIsWrittenInAMinorVersionOfItsOwn() {
        HoldDocument legal = new HoldDocument(
                "1.0",
                LOG,
                "test",
                "Sales",
                NOW,
                null,
                "lawsuit 7",
                List.of(FULL, LOG),
                new HoldDocument.LegalHold(List.of(FULL, LOG), List.of()));
        catalog.holds().write(legal).block(TestBucket.PROMPTLY);

        assertThat(store.get("test/holds/" + LOG + ".json").block(TestBucket.PROMPTLY))
                .asString(UTF_8)
                .isEqualTo(LEGAL_HOLD);
        assertThat(read()).isEqualTo(legal);
        assertThat(legal.text()).isEqualTo("held, with legal hold: lawsuit 7");
    }

    @Test
    void aLegalHoldOfAPartSaysWhichAndWhatWasUnderLegalHoldBefore() {
        HoldDocument legal = new HoldDocument(
                "1.0",
                LOG,
                "test",
                "Sales",
                NOW,
                null,
                "lawsuit 7",
                List.of(FULL, LOG),
                new HoldDocument.LegalHold(List.of(LOG), List.of("test/data/Sales/%s/stripe-001.bak".formatted(LOG))));
        catalog.holds().write(legal).block(TestBucket.PROMPTLY);

        assertThat(store.get("test/holds/" + LOG + ".json").block(TestBucket.PROMPTLY))
                .asString(UTF_8)
                .isEqualTo(PARTIAL_LEGAL_HOLD);
        assertThat(read()).isEqualTo(legal);
    }

    @Test
    void theStateChangesWithEveryHoldThatIsWrittenOrDeleted() {
        var none = catalog.holds().state().block(TestBucket.PROMPTLY);
        catalog.holds().write(HOLD).block(TestBucket.PROMPTLY);
        var one = catalog.holds().state().block(TestBucket.PROMPTLY);
        catalog.holds()
                .write(new HoldDocument("1.0", LOG, "test", "Sales", NOW, null, null, List.of(LOG)))
                .block(TestBucket.PROMPTLY);
        var changed = catalog.holds().state().block(TestBucket.PROMPTLY);
        catalog.holds().delete(LOG).block(TestBucket.PROMPTLY);

        assertThat(none).isEmpty();
        assertThat(one).hasSize(1).isNotEqualTo(changed);
        assertThat(catalog.holds().state().block(TestBucket.PROMPTLY)).isEqualTo(none);
    }
}
