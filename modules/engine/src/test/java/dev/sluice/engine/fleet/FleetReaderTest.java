package dev.sluice.engine.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.Summaries;
import dev.sluice.catalog.SummaryDocument;
import dev.sluice.catalog.SummaryDocument.Condition;
import dev.sluice.catalog.SummaryDocument.Database;
import dev.sluice.engine.fleet.FleetServer.Life;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction.Answer;
import dev.sluice.testsupport.Reaction.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Several servers in one bucket, seen from the bucket alone.
@Timeout(60)
class FleetReaderTest {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration INTERVAL = Duration.ofMinutes(5);
    private static final Instant THEN = Instant.parse("2026-11-30T10:00:00Z");

    private static final ServerIdentity SQL1 = new ServerIdentity("SQL1", null, "b1", List.of());
    private static final ServerIdentity SQL2 = new ServerIdentity("SQL2", null, "b2", List.of());

    @TempDir
    Path directory;

    private EmbeddedS3 s3;
    private FaultyProxy proxy;
    private S3Store store;

    @BeforeEach
    void start() {
        s3 = EmbeddedS3.start(directory, "backups");
        proxy = new FaultyProxy(s3.endpoint());
        store = S3Store.open(new StoreConfig(
                proxy.endpoint(),
                "us-east-1",
                "backups",
                "prod/",
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(2, Duration.ofMillis(5), Duration.ofMillis(5), Duration.ofSeconds(5))));
    }

    @AfterEach
    void stop() {
        store.close();
        proxy.close();
        s3.close();
    }

    private static Database database(String name, Condition condition, @Nullable Instant latest) {
        return new Database(
                name,
                condition,
                condition == Condition.WELL ? List.of() : List.of("It is not well."),
                latest == null ? null : THEN,
                latest,
                0,
                List.of(),
                null);
    }

    private static SummaryDocument summary(
            String server, ServerIdentity identity, List<String> unmet, int omitted, boolean shared, Database... all) {
        return new SummaryDocument(
                "1.0", server, identity, Instant.EPOCH, INTERVAL, unmet, List.of(all), omitted, shared);
    }

    private void write(String server, List<String> unmet, Database... databases) {
        new Catalog(store, new Keys(server))
                .summaries()
                .write(summary(server, SQL1, unmet, 0, false, databases))
                .block(SOON);
    }

    /// Of a directory that SQL1 has claimed for an availability group.
    private void writeOfGroup(String server, ServerIdentity replica, List<String> unmet, Database... databases) {
        Summaries summaries = new Catalog(store, new Keys(server)).summaries();
        SummaryDocument summary = summary(server, replica, unmet, 0, true, databases);
        (replica.equals(SQL1) ? summaries.write(summary) : summaries.writeOfReplica(summary)).block(SOON);
    }

    private void age(String server, Duration age) throws IOException {
        ageKey(server + "/summary.json", age);
    }

    private void ageKey(String key, Duration age) throws IOException {
        Files.setLastModifiedTime(
                directory.resolve("backups/prod").resolve(key),
                FileTime.from(Instant.now().minus(age)));
    }

    private void put(String key) {
        store.put(key, "{}".getBytes(UTF_8)).block(SOON);
    }

    private Fleet read() {
        return new FleetReader(store).read(_ -> true);
    }

    /// The sidecar's own clock is wrong by half a century here: the bucket's tells how old a summary is.
    @Test
    void theWorstServerComesFirstAndSilenceIsToldByTheBucketsClock() throws Exception {
        Instant later = THEN.plusSeconds(60);
        write("well", List.of(), database("A", Condition.WELL, later), database("B", Condition.WELL, THEN));
        write("odd", List.of(), database("A", Condition.ATTENTION, THEN));
        write("bad", List.of(), database("A", Condition.FAILING, null), database("B", Condition.WELL, later));
        write("blind", List.of("sql"), database("A", Condition.WELL, later));
        write("late", List.of(), database("A", Condition.WELL, later));
        age("late", INTERVAL.multipliedBy(3).minusSeconds(30));
        write("silent", List.of(), database("A", Condition.WELL, later));
        age("silent", INTERVAL.multipliedBy(3).plusSeconds(2));

        Fleet fleet = read();

        assertThat(fleet.servers())
                .extracting(FleetServer::server)
                .containsExactly("silent", "bad", "blind", "odd", "late", "well");
        assertThat(fleet.servers())
                .extracting(FleetServer::life)
                .containsExactly(Life.SILENT, Life.ALIVE, Life.ALIVE, Life.ALIVE, Life.ALIVE, Life.ALIVE);
        assertThat(fleet.count(Condition.FAILING)).isEqualTo(3);
        assertThat(fleet.databases(Condition.FAILING)).isEqualTo(1);
        assertThat(fleet.isWell()).isFalse();
        assertThat(fleet.servers().getFirst().problems())
                .singleElement()
                .asString()
                .contains("no sign of life since");
        assertThat(fleet.servers().get(2).problems()).containsExactly("Its SQL Server does not answer.");
        assertThat(fleet.servers().getLast().latest())
                .as("of the database that is furthest behind")
                .contains(THEN);
        assertThat(fleet.servers().get(1).latest())
                .as("one database cannot be restored at all")
                .isEmpty();
        assertThat(fleet.servers().get(1).unrestorable()).isEqualTo(1);
        assertThat(new FleetReader(store).read("well"::equals).isWell()).isTrue();
        assertThat(new FleetReader(store).read("none"::equals).isWell())
                .as("nothing is nothing good")
                .isFalse();
    }

    @Test
    void aSidecarThatEndedIsTold() {
        write("ended", List.of("accepting"), database("A", Condition.WELL, THEN));

        FleetServer ended = read().servers().getFirst();

        assertThat(ended.condition()).isEqualTo(Condition.ATTENTION);
        assertThat(ended.problems()).singleElement().asString().contains("Its sidecar is ending or has ended");
    }

    @Test
    void whatOneReplicaComplainsOfIsNotHiddenByAnotherThatTriesNothing() {
        writeOfGroup(
                "group", SQL1, List.of(), database("A", Condition.FAILING, THEN), database("B", Condition.WELL, THEN));
        writeOfGroup(
                "group",
                SQL2,
                List.of(),
                database("A", Condition.WELL, THEN),
                database("B", Condition.ATTENTION, THEN));

        FleetServer group = read().servers().getFirst();

        assertThat(group.condition()).isEqualTo(Condition.FAILING);
        assertThat(group.databases())
                .extracting(Database::name, Database::condition)
                .containsExactly(tuple("A", Condition.FAILING), tuple("B", Condition.ATTENTION));
        assertThat(group.databases().getFirst().problems()).containsExactly("SQL1: It is not well.");
        assertThat(group.life()).isEqualTo(Life.ALIVE);
    }

    /// It stays told until a person removes its summary, however long ago it was heard of.
    @Test
    void aReplicaThatIsSilentIsTold() throws Exception {
        writeOfGroup("group", SQL1, List.of(), database("A", Condition.WELL, THEN));
        writeOfGroup("group", SQL2, List.of(), database("A", Condition.FAILING, THEN));
        ageKey(new Keys("group").summary(SQL2), Duration.ofDays(40));
        writeOfGroup("lost", SQL2, List.of(), database("A", Condition.WELL, THEN));

        List<FleetServer> servers = read().servers();

        assertThat(servers).extracting(FleetServer::server).containsExactly("group", "lost");
        assertThat(servers.getFirst().condition()).isEqualTo(Condition.FAILING);
        assertThat(servers.getFirst().problems())
                .singleElement()
                .asString()
                .contains("The sidecar of SQL2 has given no sign of life", new Keys("group").summary(SQL2));
        assertThat(servers.getFirst().databases())
                .as("the word of a silent replica is old")
                .extracting(Database::condition)
                .containsExactly(Condition.WELL);
        assertThat(servers.getLast().condition())
                .as("the owner of its directory has no summary")
                .isEqualTo(Condition.WELL);
    }

    @Test
    void untilWhenAllCanBeRestoredIsNotKnownWithoutAllDatabases() {
        new Catalog(store, new Keys("large"))
                .summaries()
                .write(summary("large", SQL1, List.of(), 3, false, database("A", Condition.WELL, THEN)))
                .block(SOON);

        assertThat(read().servers().getFirst().latest()).isEmpty();
    }

    @Test
    void withoutTheBucketsTimeNoSidecarIsCalledAliveOrSilent() {
        FleetServer server = FleetServer.of(
                "s",
                List.of(new Summaries.StoredSummary(
                        "prod/s/summary.json",
                        summary("s", SQL1, List.of(), 0, false, database("A", Condition.WELL, THEN)),
                        null)),
                List.of(),
                Instant.now());

        assertThat(server.life()).isEqualTo(Life.UNKNOWN);
        assertThat(server.condition()).isEqualTo(Condition.ATTENTION);
        assertThat(server.problems()).singleElement().asString().contains("does not tell when prod/s/summary.json");
    }

    /// `photos` has more than a page of directories, of which none is a server's.
    @Test
    void howeverMuchAnotherProgramHasInADirectoryOnePageOfItIsListed() throws Exception {
        for (int i = 0; i < 1_100; i++) {
            Files.createDirectories(directory.resolve("backups/prod/photos/%05d".formatted(i)));
            Files.writeString(directory.resolve("backups/prod/photos/%05d/x.jpg".formatted(i)), "");
        }
        proxy.follow((_, _) -> Fault.NONE);

        assertThat(read().servers()).isEmpty();

        assertThat(proxy.count("GET", "list-type=2"))
                .as("the servers, its replicas, its first page")
                .isEqualTo(3);
        assertThat(proxy.count("GET", "continuation-token")).isZero();
    }

    /// What is no summary hides no other server, and what is no server is none.
    @Test
    void serversWithoutASummaryAreFoundByTheirBackupsAndOtherDirectoriesAreNone() {
        write("well", List.of(), database("A", Condition.WELL, THEN));
        put("old/catalog/a-0123456789abcdef/x.json");
        put("old/data/a-0123456789abcdef/x");
        put("first/pending/01J0000000000000000000000A.json");
        put("photos/2026/x.jpg");
        put("not a server/catalog/x");
        put("damaged/summary.json");
        put("empty.json");
        store.put("copied/summary.json", store.get("well/summary.json").block(SOON))
                .block(SOON);

        List<FleetServer> servers = read().servers();

        assertThat(servers)
                .extracting(FleetServer::server)
                .containsExactly("copied", "damaged", "first", "old", "well");
        assertThat(servers)
                .extracting(FleetServer::life)
                .containsExactly(Life.UNREADABLE, Life.UNREADABLE, Life.UNKNOWN, Life.UNKNOWN, Life.ALIVE);
        assertThat(servers.getFirst().problems()).singleElement().asString().contains("contradicts its key");
        assertThat(servers.get(3).condition()).isEqualTo(Condition.ATTENTION);
    }

    @Test
    void itTakesARequestForEachServerAndReadsNoBackup() {
        for (int i = 0; i < 20; i++) {
            write("s" + i, List.of(), database("A", Condition.WELL, THEN));
            put("s%d/data/a-0123456789abcdef/x".formatted(i));
            put("s%d/catalog/a-0123456789abcdef/x".formatted(i));
        }
        proxy.follow((_, _) -> Fault.NONE);

        assertThat(read().servers()).hasSize(20);

        assertThat(proxy.requests()).hasSize(22);
        assertThat(proxy.count("GET", "/summary.json")).isEqualTo(20);
        assertThat(proxy.count("GET", "list-type=2")).isEqualTo(1);
    }

    @Test
    void aSummaryThatTheBucketRefusesHidesNoOther() {
        write("well", List.of(), database("A", Condition.WELL, THEN));
        write("closed", List.of(), database("A", Condition.WELL, THEN));
        proxy.follow((request, _) ->
                request.is("GET", "closed/summary.json") ? Answer.error(403, "AccessDenied") : Fault.NONE);

        List<FleetServer> servers = read().servers();

        assertThat(servers).extracting(FleetServer::life).containsExactly(Life.UNREADABLE, Life.ALIVE);
        assertThat(servers.getFirst().problems()).singleElement().asString().contains("AccessDenied");
    }
}
