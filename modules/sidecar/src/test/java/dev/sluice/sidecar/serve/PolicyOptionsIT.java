package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ConfigurationFile;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.install.BackupDefaults;
import dev.sluice.sidecar.serve.http.HttpApi;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Scheduled backups with the options of their policy, on days that the test turns.
@Timeout(300)
class PolicyOptionsIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String DIFFERENTIAL = "{database=\"Sales\",%stype=\"differential\"}";

    @TempDir
    Path directory;

    /// At an hour that no test lives to see, unless it turns the clock.
    private final String daily =
            "0 %d * * *".formatted((LocalTime.now(ZoneOffset.UTC).getHour() + 12) % 24);

    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
    private EmbeddedForTests installation;
    private SqlSession session;
    private Service service;
    private Client client;

    /// @param policy its time tables and options
    private void start(String policy) throws Exception {
        installation = EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 4 << 20));
        session = installation.server().open(40);
        serve(installation.engine(), policy);
    }

    private void serve(Engine engine, String policy) throws Exception {
        service = Service.start(
                engine,
                settings(policy),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                () -> Instant.now().plus(ahead.get()));
        client = new Client(service.port(), null);
    }

    @AfterEach
    void stop() {
        service.close();
        session.close();
        installation.close();
        client.close();
    }

    private void work(int transactions, int seed) throws Exception {
        CollectedResponse response = new CollectedResponse();
        session.execute(
                Batch.of("EXEC sluice_workload @database = N'Sales', @transactions = %d, @changes = 1, @seed = %d"
                        .formatted(transactions, seed)),
                response,
                new Cancellation());
        assertThat(response.errors()).isEmpty();
    }

    private void aDayLater() {
        ahead.updateAndGet(so -> so.plusDays(1));
    }

    /// Jobs that are over, the newest first.
    private List<JsonNode> over(String type) throws Exception {
        return client.json("/api/v1/jobs")
                .get("jobs")
                .valueStream()
                .filter(job -> job.get("type").asString().equals(type) && job.has("ended"))
                .toList();
    }

    private JsonNode newest(String type, int count) {
        await().atMost(PATIENTLY).until(() -> over(type).size() == count);
        try {
            return over(type).getFirst();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void askForLog() throws Exception {
        assertThat(client.send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"LOG\"}")
                        .statusCode())
                .isEqualTo(202);
    }

    /// Into another directory of the bucket.
    private void anotherProgramTakesTheLog() throws Exception {
        work(1, 9); // or there would be no log that Sluice has not
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
                .backup(BackupRequest.log("Sales"), RunObserver.SILENT)
                .block(PATIENTLY);
    }

    private double brokenLog() throws Exception {
        return client.metric("mssql_backup_chain_broken{database=\"Sales\",kind=\"foreign_log\"}");
    }

    /// Types with a time at which they are due.
    private List<String> scheduled() throws Exception {
        return client.json("/api/v1/status")
                .at("/databases/0/types")
                .valueStream()
                .filter(one -> one.has("next"))
                .map(one -> one.get("type").asString())
                .toList();
    }

    private JsonNode status(String type) throws Exception {
        return client.json("/api/v1/status")
                .at("/databases/0/types")
                .valueStream()
                .filter(one -> one.get("type").asString().equals(type))
                .findFirst()
                .orElseThrow();
    }

    private List<BackupDocument> entries() {
        Catalog catalog = installation.engine().environment().catalog();
        return catalog.list("Sales").concatMap(catalog::read).collectList().block(PATIENTLY);
    }

    @Test
    void aDifferentialIsLeftOutForTooLittleAndBecomesAFullForTooMuch() throws Exception {
        // A day on which no test turns the clock to a full backup.
        int month = LocalDate.now(ZoneOffset.UTC).plusMonths(6).getMonthValue();
        start("""
                  - databases: [Sales]
                    full: "0 1 1 %1$d *"
                    diff: "%2$s"
                    log: "0 1 1 %1$d *"
                    diff-when: { at-least: 1MiB, full-above: 60%% }
                """.formatted(month, daily));
        newest("FULL", 1);
        work(1, 1);
        askForLog();
        newest("LOG", 1);

        aDayLater();
        JsonNode little = newest("DIFFERENTIAL", 1);

        assertThat(little.get("state").asString()).isEqualTo("left_out");
        assertThat(little.get("note").asString())
                .isEqualTo(
                        "only about 0.1 MiB of data have changed since the last full backup, and diff-when.at-least is 1.0 MiB");
        assertThat(little.has("error")).isFalse();
        JsonNode status = status("DIFFERENTIAL");
        assertThat(status.at("/leftOut/why").asString()).startsWith("only about 0.1 MiB");
        assertThat(Instant.parse(status.get("next").asString()))
                .as("it is not late")
                .isAfter(Instant.now().plus(ahead.get()));
        assertThat(status.get("failed").asBoolean()).isFalse();
        assertThat(client.json("/api/v1/status").at("/databases/0/condition").asString())
                .isEqualTo("well");
        assertThat(client.metric("mssql_backup_runs_total" + DIFFERENTIAL.formatted("outcome=\"left_out\",")))
                .isEqualTo(1);
        assertThat(client.metric("mssql_backup_last_left_out_timestamp_seconds" + DIFFERENTIAL.formatted("")))
                .isGreaterThan(1.7e9);

        anotherProgramTakesTheLog();
        aDayLater();
        JsonNode healing = newest("DIFFERENTIAL", 2);
        assertThat(healing.get("state").asString())
                .as("the bucket does not have all of the log")
                .isEqualTo("good");
        assertThat(status("DIFFERENTIAL").has("leftOut")).isFalse();

        work(40, 2);
        aDayLater();
        JsonNode enough = newest("DIFFERENTIAL", 3);
        assertThat(enough.get("state").asString()).isEqualTo("good");
        assertThat(enough.get("taken").asString()).isEqualTo("DIFFERENTIAL");
        assertThat(enough.has("note")).isFalse();
        assertThat(status("DIFFERENTIAL").has("leftOut")).isFalse();
        assertThat(client.metric("mssql_backup_last_left_out_timestamp_seconds" + DIFFERENTIAL.formatted("")))
                .isZero();

        work(500, 3);
        aDayLater();
        JsonNode much = newest("DIFFERENTIAL", 4);
        assertThat(much.get("taken").asString()).isEqualTo("FULL");
        assertThat(much.get("note").asString())
                .contains("% of the data have changed since the last full backup, and diff-when.full-above is 60 %");
        assertThat(entries())
                .extracting(BackupDocument::type)
                .containsExactly(
                        BackupType.FULL,
                        BackupType.LOG,
                        BackupType.DIFFERENTIAL,
                        BackupType.DIFFERENTIAL,
                        BackupType.FULL);
    }

    @Test
    void aPolicyOfCopyOnlyBackupsServesItsTablesAndWatchesNoChain() throws Exception {
        String policy = """
                  - databases: [Sales]
                    full: "%1$s"
                    log: "%1$s"
                    backup: { copy-only: true, log: { stripes: 2 } }
                    keep: { days: 7 }
                """.formatted(daily);
        start("""
                  - databases: [Sales]
                    full: "%s"
                """.formatted(daily));
        newest("FULL", 1); // as another program's, that begins the chain
        work(1, 1);
        askForLog();
        newest("LOG", 1);
        anotherProgramTakesTheLog();
        work(1, 2);
        askForLog();
        newest("LOG", 2);
        assertThat(brokenLog()).isEqualTo(1);
        service.apply(settings(policy));
        await().atMost(PATIENTLY).until(() -> scheduled().contains("LOG"));
        assertThat(brokenLog()).as("the chain is not Sluice's any more").isZero();

        aDayLater();
        JsonNode full = newest("FULL", 2);
        JsonNode log = newest("LOG", 3);

        assertThat(full.get("copyOnly").asBoolean()).isTrue();
        assertThat(log.get("copyOnly").asBoolean()).isTrue();
        assertThat(entries().subList(3, 5)).allSatisfy(entry -> {
            assertThat(entry.copyOnly()).isTrue();
            assertThat(entry.stripes()).hasSize(entry.type() == BackupType.LOG ? 2 : 1);
        });
        assertThat(status("FULL").has("last")).isTrue();
        assertThat(status("LOG").has("last")).isTrue();

        client.close();
        service.close();
        ahead.set(Duration.ZERO); // SQL Server's clock was not turned
        // The other one has ended with its service.
        serve(new Engine(installation.engine().environment()), policy);
        // A service that has just begun does not know the databases yet.
        await().atMost(PATIENTLY)
                .until(() -> client.send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"LOG\"}")
                                .statusCode()
                        == 202);
        JsonNode asked = newest("LOG", 1);
        assertThat(asked.get("state").asString()).isEqualTo("good");
        assertThat(asked.get("copyOnly").asBoolean()).as("as the policy says").isTrue();
        assertThat(over("FULL"))
                .as("the last one serves the table after a restart, too")
                .isEmpty();

        assertThat(behindGap()).isZero();
        work(1, 3);
        anotherProgramTakesTheLog();
        work(1, 4);
        askForLog();
        newest("LOG", 2);
        assertThat(behindGap())
                .as("the other program has the log between this backup and the window")
                .isEqualTo(1);
        assertThat(client.metric("mssql_backup_chain_intact{database=\"Sales\"}"))
                .as("this alone does not tell")
                .isEqualTo(1);
        assertThat(client.send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"FULL\"}")
                        .statusCode())
                .isEqualTo(202);
        await().atMost(PATIENTLY).until(() -> behindGap() == 0);
    }

    private double behindGap() throws Exception {
        return client.metric("mssql_backup_logs_behind_gap{database=\"Sales\"}");
    }

    private ServiceSettings settings(String policy) throws Exception {
        Path file = Files.writeString(directory.resolve("sluice.yaml"), """
                server: { url: "jdbc:sqlserver://localhost", user: sa, password: hunter2, identity: one }
                store: { bucket: backups, region: eu-central-1 }
                policies:
                """ + policy);
        Configuration configuration = ConfigurationFile.read(file, _ -> null).configuration();
        return new ServiceSettings(Policies.of(configuration), BackupDefaults.of(configuration)::request, null);
    }
}
