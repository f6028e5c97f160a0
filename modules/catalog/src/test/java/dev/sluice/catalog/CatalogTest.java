package dev.sluice.catalog;

import static dev.sluice.catalog.TestBucket.PROMPTLY;
import static dev.sluice.catalog.TestBucket.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument.Blocks;
import dev.sluice.catalog.BackupDocument.Options;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.BackupDocument.Part;
import dev.sluice.catalog.BackupDocument.Segment;
import dev.sluice.catalog.BackupDocument.Stripe;
import dev.sluice.catalog.BackupDocument.Verdict;
import dev.sluice.s3.S3Store;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Signal;

class CatalogTest {
    private static final Instant START = Instant.parse("2026-11-23T01:44:29.1234567Z");
    private static final BigInteger LSN = new BigInteger("9999999999999999999999999");

    private final Ulid ids = new Ulid(Clock.systemUTC());
    private S3Store store;
    private Catalog catalog;

    @BeforeEach
    void open() {
        store = TestBucket.store();
        catalog = new Catalog(store, new Keys("sql-prod-1"));
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aBackupIsPendingUntilItHasAnEntry() {
        BackupDocument pending = document("Sales", START, Outcome.PENDING);

        catalog.writePending(pending).block(PROMPTLY);
        assertThat(await(catalog.pendings().collectList())).containsExactly(pending);
        assertThat(await(catalog.list().collectList())).isEmpty();
        CatalogKey entry = await(catalog.commit(pending));
        catalog.deletePending(pending.backupId()).block(PROMPTLY);

        assertThat(await(catalog.pendings().collectList())).isEmpty();
        assertThat(await(catalog.list("Sales").collectList())).containsExactly(entry);
        assertThat(await(catalog.list("sales").collectList())).isEmpty();
        assertThat(await(catalog.read(entry))).isEqualTo(pending);
        catalog.delete(entry).block(PROMPTLY);
        assertThat(await(catalog.list().collectList())).isEmpty();
    }

    @Test
    void theKeyOfAnEntryHasTheFactsThatAPlanNeeds() {
        BackupDocument document = document("Sales", START, Outcome.GOOD);

        CatalogKey entry = await(catalog.commit(document));

        assertThat(entry.key())
                .endsWith(
                        "/20261123T014429.1234567Z_L_17_9999999999999999999999999_12_" + document.backupId() + ".json");
        assertThat(entry.startedAt()).isEqualTo(START);
        assertThat(entry.type()).isEqualTo(BackupType.LOG);
        assertThat(entry.lastLsn()).isEqualTo(LSN);
        assertThat(entry.bytes()).isEqualTo(12);
        assertThat(entry.database()).isEqualTo(Keys.database("Sales"));
    }

    @Test
    void listsEntriesInTheOrderOfTime() {
        for (int second : new int[] {30, 10, 20}) {
            await(catalog.commit(document("Sales", START.plusSeconds(second), Outcome.GOOD)));
        }

        assertThat(await(catalog.list("Sales").map(CatalogKey::startedAt).collectList()))
                .isSorted();
    }

    @Test
    void committingTheSameEntryTwiceSucceedsAndAnotherEntryFails() {
        BackupDocument document = document("Sales", START, Outcome.UNCONFIRMED);
        CatalogKey entry = await(catalog.commit(document));

        assertThat(await(catalog.commit(document))).isEqualTo(entry);
        assertThatThrownBy(() -> await(catalog.commit(withOutcome(document, Outcome.GOOD))))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining(entry.key());
    }

    @Test
    void oneOfTwoWritersWinsAndTheOtherFails() {
        for (int round = 0; round < 10; round++) {
            BackupDocument document = document("Sales", START.plusSeconds(round), Outcome.UNCONFIRMED);
            BackupDocument other = withOutcome(document, Outcome.GOOD);

            List<Signal<CatalogKey>> outcomes = await(Flux.merge(
                            catalog.commit(document).materialize(),
                            catalog.commit(other).materialize())
                    .filter(signal -> !signal.isOnComplete())
                    .collectList());

            assertThat(outcomes).filteredOn(Signal::isOnNext).hasSize(1);
            assertThat(outcomes)
                    .filteredOn(Signal::isOnError)
                    .singleElement()
                    .extracting(Signal::getThrowable)
                    .isInstanceOf(CatalogException.class);
        }
    }

    @Test
    void listingTenThousandBackupsTakesTenRequests() {
        try (ListingServer server = new ListingServer(10_000);
                S3Store many = server.store()) {
            List<CatalogKey> entries =
                    await(new Catalog(many, new Keys("sql-prod-1")).list().collectList());

            assertThat(entries).hasSize(10_000).doesNotHaveDuplicates();
            assertThat(entries.getLast().bytes()).isEqualTo(9_999);
            assertThat(server.requests()).isEqualTo(10);
        }
    }

    @Test
    void entriesComeInOrderAlsoWhenTheServersListingDoesNot() {
        try (ListingServer server = new ListingServer(1_500, false);
                S3Store unordered = server.store()) {
            List<CatalogKey> entries =
                    await(new Catalog(unordered, new Keys("sql-prod-1")).list().collectList());

            assertThat(entries).extracting(CatalogKey::startedAt).isSorted().hasSize(1_500);
        }
    }

    @Test
    void anEntryCanBeReplacedByAMoreCompleteOne() {
        BackupDocument document = document("Sales", START, Outcome.UNCONFIRMED);
        CatalogKey old = await(catalog.commit(document));

        CatalogKey amended = await(catalog.amend(old, withOutcome(document, Outcome.GOOD)));

        assertThat(await(catalog.list().collectList())).containsExactly(amended);
        assertThat(await(catalog.read(amended)).verdict().outcome()).isEqualTo(Outcome.GOOD);
    }

    @Test
    void theFirstToClaimADirectoryKeepsIt() {
        OwnerDocument first = new OwnerDocument(
                BackupDocument.SCHEMA_VERSION,
                "sql-prod-1",
                START,
                new ServerIdentity("SQL1", null, "guid-1", List.of()));
        OwnerDocument second = new OwnerDocument(
                BackupDocument.SCHEMA_VERSION,
                "sql-prod-1",
                START,
                new ServerIdentity("SQL2", null, "guid-2", List.of()));

        assertThat(await(catalog.claim(first))).isEqualTo(first);
        assertThat(await(catalog.claim(second))).isEqualTo(first);
        assertThat(await(catalog.claim(first))).isEqualTo(first);
    }

    @Test
    void documentsAreReadableByPeopleAndTheirFieldsKeepTheirOrder() {
        String json = new String(DocumentWriter.write(document("Größe", START, Outcome.GOOD)), StandardCharsets.UTF_8);

        assertThat(json).contains("\"database\" : \"Größe\"").contains("\"lastLsn\" : \"9999999999999999999999999\"");
        assertThat(json.indexOf("\"schemaVersion\"")).isEqualTo(json.indexOf('"'));
        assertThat(json.indexOf("\"stripes\"")).isGreaterThan(json.indexOf("\"lastLsn\""));
        assertThat(json).contains("\"startedAt\" : \"2026-11-23T01:44:29.123456700Z\"");
    }

    @Test
    void keepsNamesThatAreNoText() {
        BackupDocument document = document("half \ud800 a pair", START, Outcome.GOOD);

        CatalogKey entry = await(catalog.commit(document));

        assertThat(await(catalog.read(entry)).database()).isEqualTo("half \ud800 a pair");
    }

    @Test
    void refusesDocumentsOfAnotherSchema() {
        BackupDocument document = document("Sales", START, Outcome.PENDING);
        String json = new String(DocumentWriter.write(document), StandardCharsets.UTF_8);

        assertRefused(
                document, json.replace("\"schemaVersion\" : 2", "\"schemaVersion\" : 3"), "version 3 by Sluice 0.1.0");
        assertRefused(document, json.replace("\"schemaVersion\" : 2", "\"schemaVersion\" : 0"), "schema version 0");
        assertRefused(document, json.replace("\"schemaVersion\" : 2,", ""), "not a document");
        assertRefused(document, json.replace("\"copyOnly\"", "\"copyOnli\""), "copyOnli");
        assertRefused(document, json.substring(0, json.length() / 2), "not a document");
        assertRefused(document, json.replace("\"firstLsn\" : \"17\"", "\"firstLsn\" : \"x\""), "log sequence number");
    }

    private void assertRefused(BackupDocument document, String json, String why) {
        String key = catalog.keys().pending(document.backupId());
        store.put(key, json.getBytes(StandardCharsets.UTF_8)).block(PROMPTLY);

        assertThatThrownBy(() -> await(catalog.pendings().collectList()))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining(key)
                .hasMessageContaining(why);
    }

    private BackupDocument document(String database, Instant startedAt, Outcome outcome) {
        String id = ids.next();
        return new BackupDocument(
                BackupDocument.SCHEMA_VERSION,
                id,
                "0.1.0",
                "sql-prod-1",
                database,
                BackupType.LOG,
                false,
                BackupDocument.deviceSet(id),
                startedAt,
                startedAt.plusSeconds(60),
                new Verdict(outcome, "message 3014"),
                new Options(4 << 20, 65_536, 50, true, true),
                BigInteger.valueOf(17),
                LSN,
                List.of(new Stripe(
                        1,
                        List.of(new Segment(
                                catalog.keys().data(database, id, 1, 1),
                                12,
                                "0badcafe",
                                "\"etag\"",
                                List.of(new Part(1, 12, "0badcafe")),
                                new Blocks(8 << 20, List.of("0badcafe")))))),
                new BackupDetails(
                        null,
                        null,
                        null,
                        null,
                        List.of(),
                        SetFacts.NONE,
                        List.of(),
                        null,
                        Map.of("inspected", Map.of("sets", List.of(Map.of("name", "x", "pages", 3))))));
    }

    private static BackupDocument withOutcome(BackupDocument document, Outcome outcome) {
        return new BackupDocument(
                document.schemaVersion(),
                document.backupId(),
                document.sluiceVersion(),
                document.server(),
                document.database(),
                document.type(),
                document.copyOnly(),
                document.deviceSet(),
                document.startedAt(),
                document.finishedAt(),
                new Verdict(outcome, "a row in msdb"),
                document.options(),
                document.firstLsn(),
                document.lastLsn(),
                document.stripes(),
                document.details().withHistory(SetFacts.of(Map.of("database_version", 904))));
    }
}
