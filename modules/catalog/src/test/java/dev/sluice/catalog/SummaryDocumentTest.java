package dev.sluice.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.SummaryDocument.Condition;
import dev.sluice.catalog.SummaryDocument.Database;
import dev.sluice.s3.S3Store;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Summaries in the bucket: their text, what a reader refuses, and those of several replicas in one directory.
class SummaryDocumentTest {

    private static final Instant NOW = Instant.parse("2026-11-30T10:00:00Z");
    private static final Duration INTERVAL = Duration.ofMinutes(5);
    private static final ServerIdentity SQL1 = new ServerIdentity("SQL1", "HOST1", "broker-1", List.of());
    private static final ServerIdentity SQL2 = new ServerIdentity("SQL2", null, "broker-2", List.of());
    private static final Database SALES = new Database(
            "Sales",
            Condition.FAILING,
            List.of("Its last log backup failed."),
            Instant.parse("2026-11-01T00:00:00Z"),
            Instant.parse("2026-11-30T09:55:00Z"),
            1,
            List.of(
                    new SummaryDocument.Type(BackupType.FULL, Instant.parse("2026-11-29T01:00:00Z"), null, false),
                    new SummaryDocument.Type(BackupType.LOG, null, Instant.parse("2026-11-30T10:05:00Z"), true)),
            new SummaryDocument.Drill(DrillDocument.Outcome.SOUND, Instant.parse("2026-11-28T03:00:00Z")));
    private static final Database EMPTY =
            new Database("Ware", Condition.WELL, List.of(), null, null, 0, List.of(), null);
    private static final SummaryDocument SUMMARY =
            new SummaryDocument("1.0", "test", SQL1, NOW, INTERVAL, List.of("sql"), List.of(SALES, EMPTY), 3, true);

    /// As buckets have it: never to be changed.
    static final String JSON = """
            {
              "schemaVersion" : 2,
              "schemaMinor" : 0,
              "sluiceVersion" : "1.0",
              "server" : "test",
              "identity" : {
                "machineName" : "HOST1",
                "serverName" : "SQL1",
                "serviceBroker" : "broker-1"
              },
              "writtenAt" : "2026-11-30T10:00:00Z",
              "interval" : 300,
              "unmet" : [ "sql" ],
              "databases" : [ {
                "name" : "Sales",
                "condition" : "FAILING",
                "problems" : [ "Its last log backup failed." ],
                "earliest" : "2026-11-01T00:00:00Z",
                "latest" : "2026-11-30T09:55:00Z",
                "unconfirmed" : 1,
                "types" : [ {
                  "type" : "FULL",
                  "last" : "2026-11-29T01:00:00Z",
                  "next" : null,
                  "failed" : false
                }, {
                  "type" : "LOG",
                  "last" : null,
                  "next" : "2026-11-30T10:05:00Z",
                  "failed" : true
                } ],
                "drill" : {
                  "outcome" : "SOUND",
                  "finishedAt" : "2026-11-28T03:00:00Z"
                }
              }, {
                "name" : "Ware",
                "condition" : "WELL",
                "problems" : [ ],
                "earliest" : null,
                "latest" : null,
                "unconfirmed" : 0,
                "types" : [ ],
                "drill" : null
              } ],
              "omitted" : 3,
              "shared" : true
            }""";

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
        put("test/summary.json", json);
    }

    private void put(String key, String json) {
        store.put(key, json.getBytes(UTF_8)).block(TestBucket.PROMPTLY);
    }

    private SummaryDocument read() {
        return catalog.summaries().read().block(TestBucket.PROMPTLY).document();
    }

    @Test
    void aSummaryIsWrittenAsDocumentedAndReadAgainWithTheBucketsTime() {
        assertThat(catalog.summaries().read().blockOptional(TestBucket.PROMPTLY))
                .isEmpty();
        Instant before = store.check().block(TestBucket.PROMPTLY).minusSeconds(2);

        catalog.summaries().write(SUMMARY).block(TestBucket.PROMPTLY);

        assertThat(store.get("test/summary.json").block(TestBucket.PROMPTLY))
                .asString(UTF_8)
                .isEqualTo(JSON);
        Summaries.StoredSummary stored = catalog.summaries().read().block(TestBucket.PROMPTLY);
        assertThat(stored.document()).isEqualTo(SUMMARY);
        assertThat(stored.modified()).isBetween(before, before.plusSeconds(60));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'\"schemaMinor\" : 0,'|''|schemaMinor is missing",
                "'\"schemaVersion\" : 2'|'\"schemaVersion\" : 3'|schema version 3",
                "'\"schemaVersion\" : 2'|'\"schemaVersion\" : 1'|no such document in version 1",
                "'\"server\" : \"test\"'|'\"server\" : \"other\"'|contradicts its key",
                "'\"interval\" : 300,'|'\"interval\" : 0,'|interval",
                "'\"interval\" : 300,'|''|interval is missing",
                "'\"condition\" : \"FAILING\"'|'\"condition\" : \"FINE\"'|databases[0].condition",
                "'\"earliest\" : \"2026-11-01T00:00:00Z\"'|'\"earliest\" : null'|a stretch has two ends",
                "'\"name\" : \"Sales\",'|''|databases[0].name is missing",
                "'\"omitted\" : 3'|'\"omitted\" : -3'|omitted",
                "'\"unmet\" : '|'\"unmets\" : '|unmets",
                "'\"shared\" : true'|'\"shared\" : 1'|shared",
                "'\"serverName\" : \"SQL1\",'|''|server_name is missing",
                "'\"last\" : \"2026-11-29T01:00:00Z\"'|'\"last\" : \"never\"'|databases[0].types[0].last",
            })
    void whatIsNoSummaryIsRefusedByItsKey(String part, String other, String why) {
        assertThat(JSON).contains(part);
        put(JSON.replace(part, other));

        assertThatThrownBy(this::read)
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining("test/summary.json")
                .hasMessageContaining(why);
    }

    @Test
    void membersOfANewerMinorVersionAreIgnoredAtEveryLevel() {
        put(JSON.replace("\"schemaMinor\" : 0", "\"schemaMinor\" : 1")
                .replace("\"unmet\"", "\"later\" : {}, \"unmet\"")
                .replace("\"condition\"", "\"later\" : [1], \"condition\"")
                .replace("\"last\"", "\"later\" : null, \"last\""));

        assertThat(read()).isEqualTo(SUMMARY);
    }

    /// Those that are well are the last, and go first.
    @Test
    void aSummaryOfManyDatabasesStaysSmallAndSaysHowManyItLeavesOut() {
        String wrong = "x".repeat(1_000);
        List<Database> many = IntStream.range(0, 5_000)
                .mapToObj(
                        i -> new Database("Db" + i, Condition.FAILING, List.of(wrong), null, null, 0, List.of(), null))
                .toList();
        SummaryDocument large = new SummaryDocument("1.0", "test", SQL1, NOW, INTERVAL, List.of(), many, 0, false);

        catalog.summaries().write(large).block(TestBucket.PROMPTLY);

        assertThat(store.head("test/summary.json").block(TestBucket.PROMPTLY).bytes())
                .isBetween((long) SummaryDocument.LARGEST / 2, (long) SummaryDocument.LARGEST);
        SummaryDocument read = read();
        assertThat(read.databases()).isEqualTo(many.subList(0, read.databases().size()));
        assertThat(read.databases().size() + read.omitted()).isEqualTo(5_000);
        assertThat(read.databases().getFirst().problems().getFirst())
                .hasSize(SummaryDocument.LONGEST_PROBLEM)
                .endsWith("x…");
        put(" ".repeat(SummaryDocument.LARGEST) + JSON);
        assertThatThrownBy(this::read).hasMessageContaining("larger than any summary");
    }

    @Test
    void eachReplicaHasASummaryOfItsOwnAndNoneReplacesAnothers() {
        SummaryDocument replica =
                new SummaryDocument("1.0", "test", SQL2, NOW, INTERVAL, List.of(), List.of(EMPTY), 0, true);
        catalog.summaries().write(SUMMARY).block(TestBucket.PROMPTLY);
        catalog.summaries().writeOfReplica(replica).block(TestBucket.PROMPTLY);
        put("test/summary-0123456789abcdef.json", JSON);
        put("test/summary-old.txt", JSON);
        List<CatalogException> unreadable = new ArrayList<>();

        assertThat(read()).isEqualTo(SUMMARY);
        assertThat(catalog.summaries()
                        .ofReplicas(unreadable::add)
                        .map(Summaries.StoredSummary::document)
                        .collectList()
                        .block(TestBucket.PROMPTLY))
                .containsExactly(replica);
        assertThat(unreadable).singleElement().asString().contains("summary-0123456789abcdef.json contradicts its key");
        assertThat(new Keys("test").summary(SQL2)).matches("test/summary-[0-9a-f]{16}\\.json");
        assertThat(new Keys("test").summary(new ServerIdentity("renamed", "HOST9", "BROKER-2", List.of("g"))))
                .isEqualTo(new Keys("test").summary(SQL2));
    }

    @Test
    void noOtherServerHasItsKey() {
        assertThat(new Keys("prod-1").summary()).isEqualTo("prod-1/summary.json");
        assertThat(new Keys("x/../prod-1").summary()).startsWith("x-prod-1-");
    }
}
