package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.BackupSection;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.serve.http.HttpApi;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlSession;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Somebody takes backups beside the service, or switches the recovery model.
@Timeout(300)
class BrokenChainIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    private EmbeddedForTests installation;
    private SqlSession session;
    private Service service;
    private Client client;

    /// @param policy of the policy that takes the database; null for what holds for all, which is `report`
    private void start(BackupSection.@Nullable BrokenChain policy) throws Exception {
        installation = EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 1 << 20));
        session = installation.server().open(40);
        serve(installation.engine(), policy);
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.FULL) && idle());
        work(1);
        assertThat(take("LOG").has("note")).as("nothing is wrong yet").isFalse();
        work(2);
    }

    private void serve(Engine engine, BackupSection.@Nullable BrokenChain policy) throws Exception {
        Policies policies = new Policies(
                List.of(new Configuration.Policy(
                        List.of(DatabasePattern.parse("Sales")),
                        // Nothing but what somebody asks for, and what follows from it.
                        Cron.parse("0 1 1 1 *"),
                        null,
                        Cron.parse("0 1 1 1 *"),
                        null,
                        policy,
                        null)),
                new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2));
        service = Service.start(
                engine,
                new ServiceSettings(policies, installation::request, null),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                InstantSource.system());
        client = new Client(service.port(), null);
    }

    @AfterEach
    void stop() {
        service.close();
        session.close();
        installation.close();
        client.close();
    }

    private void sql(String sql) throws Exception {
        CollectedResponse response = new CollectedResponse();
        session.execute(Batch.of(sql), response, new Cancellation());
        assertThat(response.errors()).as(sql).isEmpty();
    }

    private void work(int seed) throws Exception {
        sql("EXEC sluice_workload @database = N'Sales', @transactions = 5, @seed = " + seed);
    }

    private List<BackupType> taken() {
        return installation
                .engine()
                .environment()
                .catalog()
                .list("Sales")
                .map(CatalogKey::type)
                .collectList()
                .block();
    }

    private boolean idle() {
        return service.jobs().all().stream().allMatch(TrackedJob::isOver);
    }

    /// Asks for a backup and waits for its end.
    private JsonNode take(String type) throws Exception {
        HttpResponse<String> answer =
                client.send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"%s\"}".formatted(type));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        String job = answer.headers().firstValue("Location").orElseThrow();
        await().atMost(PATIENTLY).until(() -> client.json(job).has("ended"));
        return client.json(job);
    }

    /// With another directory of the bucket.
    private void somebodyElseTakes(BackupType type) {
        Environment env = installation.engine().environment();
        new Engine(new Environment(
                        "elsewhere",
                        env.server(),
                        env.deviceSets(),
                        env.store(),
                        new Catalog(env.store(), new Keys("elsewhere")),
                        env.budget(),
                        env.transfer(),
                        env.version()))
                .backup(BackupRequest.of("Sales", type), RunObserver.SILENT)
                .block(PATIENTLY);
    }

    private double broken(String kind) throws Exception {
        return client.metric("mssql_backup_chain_broken{database=\"Sales\",kind=\"%s\"}".formatted(kind));
    }

    /// The job that follows from a broken chain.
    private JsonNode answer() throws Exception {
        await().atMost(PATIENTLY)
                .until(() ->
                        client.json("/api/v1/jobs").get("jobs").valueStream().anyMatch(BrokenChainIT::isAnswer));
        return client.json("/api/v1/jobs")
                .get("jobs")
                .valueStream()
                .filter(BrokenChainIT::isAnswer)
                .findFirst()
                .orElseThrow();
    }

    private static boolean isAnswer(JsonNode job) {
        return job.get("origin").asString().equals("chain") && job.has("ended");
    }

    @Test
    void aForeignLogIsReportedWithItsConsequenceAndNothingElseByDefault() throws Exception {
        start(null);
        somebodyElseTakes(BackupType.LOG);
        work(3);

        JsonNode log = take("LOG");
        work(4);
        take("LOG");

        assertThat(log.get("state").asString()).isEqualTo("good");
        assertThat(log.get("note").asString())
                .contains("backed up to somewhere else", "by sa", "until a differential or full backup");
        assertThat(broken("foreign_log")).as("later logs do not get over it").isEqualTo(1);
        assertThat(client.metric("mssql_backup_chain_intact{database=\"Sales\"}"))
                .isZero();
        assertThat(taken()).doesNotContain(BackupType.DIFFERENTIAL);
    }

    @Test
    void aForeignLogIsAnsweredWithADifferentialOnceAnHour() throws Exception {
        start(BackupSection.BrokenChain.DIFFERENTIAL);
        somebodyElseTakes(BackupType.LOG);
        work(3);

        JsonNode log = take("LOG");
        JsonNode differential = answer();

        assertThat(log.get("note").asString()).endsWith("A differential backup follows.");
        assertThat(differential.get("state").asString()).isEqualTo("good");
        assertThat(differential.get("taken").asString()).isEqualTo("DIFFERENTIAL");
        assertThat(differential.get("note").asString()).contains("the chain is broken", "backed up to somewhere else");
        assertThat(broken("foreign_log")).isZero();
        await().atMost(PATIENTLY).until(() -> client.metric("mssql_backup_chain_intact{database=\"Sales\"}") == 1);

        work(4);
        somebodyElseTakes(BackupType.LOG);
        work(5);
        assertThat(take("LOG").get("note").asString()).endsWith("there was one less than an hour ago.");
        assertThat(broken("foreign_log")).isEqualTo(1);
    }

    @Test
    void aGapThatIsOlderThanTheProcessIsAnsweredToo() throws Exception {
        start(null);
        somebodyElseTakes(BackupType.LOG);
        work(3);
        take("LOG");
        client.close();
        service.close();
        // The other one has ended with its service.
        serve(new Engine(installation.engine().environment()), BackupSection.BrokenChain.DIFFERENTIAL);
        await().atMost(PATIENTLY)
                .until(() -> client.send("GET", "/health/ready", "").statusCode() == 200);
        work(4);

        JsonNode log = take("LOG");

        assertThat(log.get("note").asString()).contains("backed up to somewhere else");
        assertThat(answer().get("taken").asString()).isEqualTo("DIFFERENTIAL");
        assertThat(broken("foreign_log")).isZero();
    }

    @Test
    void aForeignFullIsAnsweredWithAFull() throws Exception {
        start(BackupSection.BrokenChain.DIFFERENTIAL);
        somebodyElseTakes(BackupType.FULL);

        JsonNode log = take("LOG");
        JsonNode full = answer();

        assertThat(log.get("note").asString())
                .contains("Differential backups from now on cannot be restored")
                .endsWith("A full backup follows.");
        assertThat(full.get("taken").asString()).isEqualTo("FULL");
        assertThat(full.get("state").asString()).isEqualTo("good");
        assertThat(broken("foreign_full")).isZero();
        assertThat(taken()).filteredOn(BackupType.FULL::equals).hasSize(2);
    }

    @Test
    void aLogThatNoFullBackupCarriesIsAnsweredWithAFull() throws Exception {
        start(BackupSection.BrokenChain.DIFFERENTIAL);
        Catalog catalog = installation.engine().environment().catalog();
        catalog.list("Sales").concatMap(catalog::delete).blockLast(PATIENTLY);
        assertThat(taken()).isEmpty();
        // As the service does each hour: until then it believes what it has seen.
        installation.engine().recover().block(PATIENTLY);

        JsonNode log = take("LOG");
        JsonNode full = answer();

        assertThat(log.get("state").asString()).isEqualTo("good");
        assertThat(log.get("note").asString())
                .contains("No full backup in the bucket carries the log backups of Sales")
                .endsWith("A full backup follows.");
        assertThat(full.get("taken").asString()).isEqualTo("FULL");
        assertThat(full.get("state").asString()).isEqualTo("good");
        assertThat(broken("no_full")).isZero();
        work(3);
        assertThat(take("LOG").has("note")).isFalse();
    }

    @Test
    void aSwitchToSimpleIsReportedWhereNoLogIsTakenAndTheWayBackIsAnswered() throws Exception {
        start(BackupSection.BrokenChain.DIFFERENTIAL);
        sql("ALTER DATABASE [Sales] SET RECOVERY SIMPLE");

        JsonNode simple = take("LOG");

        assertThat(simple.get("state").asString()).isEqualTo("left_out");
        assertThat(simple.get("note").asString()).contains("SIMPLE recovery", "nothing can be restored");
        assertThat(broken("simple_recovery")).isEqualTo(1);

        sql("ALTER DATABASE [Sales] SET RECOVERY FULL");
        JsonNode back = take("LOG");
        JsonNode differential = answer();
        work(3);
        JsonNode log = take("LOG");

        assertThat(back.get("note").asString()).endsWith("A differential backup follows.");
        assertThat(differential.get("taken").asString()).isEqualTo("DIFFERENTIAL");
        assertThat(log.get("state").asString()).isEqualTo("good");
        assertThat(broken("simple_recovery") + broken("log_chain_ended")).isZero();
    }

    @Test
    void whatHoldsForAllPoliciesAnswersToo() throws Exception {
        start(null);
        service.apply(new ServiceSettings(
                service.settings().policies(),
                (database, type, copyOnly) -> installation
                        .request(database, type, copyOnly)
                        .withOptions(BackupOptions.DEFAULT.withChain(ChainPolicy.FULL)),
                null));
        somebodyElseTakes(BackupType.LOG);
        work(3);

        take("LOG");

        assertThat(answer().get("taken").asString()).isEqualTo("FULL");
    }
}
