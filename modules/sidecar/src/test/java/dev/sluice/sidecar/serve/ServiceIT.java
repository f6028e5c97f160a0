package dev.sluice.sidecar.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.TailLog;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.schedule.JobOutcome;
import dev.sluice.sidecar.serve.http.HttpApi;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlSession;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The service as it runs: real schedules, a real bucket, SQL Server's stand-in, HTTP.
@Timeout(300)
public class ServiceIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String SALES = "database=\"Sales\"";

    @TempDir
    Path directory;

    private EmbeddedForTests installation;
    private Service service;
    private Client client;

    public static Policies policies(Configuration.Keep keep, String full, String log) {
        return new Policies(
                List.of(new Configuration.Policy(
                        List.of(DatabasePattern.parse("Sales"), DatabasePattern.parse("Absent")),
                        Cron.parse(full),
                        null,
                        log == null ? null : Cron.parse(log),
                        null,
                        null,
                        keep)),
                new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2));
    }

    /// All databases, all types, once a year.
    private static Policies everything() {
        Cron yearly = Cron.parse("0 1 1 1 *");
        return new Policies(
                List.of(new Configuration.Policy(
                        List.of(DatabasePattern.parse("*")), yearly, yearly, yearly, null, null, null)),
                new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2));
    }

    private ServiceSettings settings(Policies policies) {
        return new ServiceSettings(policies, installation::request, null);
    }

    private final List<JobEvent> events = new CopyOnWriteArrayList<>();

    private List<String> heardOf(String job) {
        return events.stream()
                .filter(event -> event.job().id().equals(job))
                .map(event -> event.getClass().getSimpleName())
                .distinct()
                .toList();
    }

    @BeforeEach
    void start() throws Exception {
        serve();
    }

    private void serve() throws Exception {
        installation = EmbeddedForTests.start(
                directory.resolve("s3"),
                options -> options.withStateDirectory(directory.resolve("sql")).withDatabase("Sales", 4 << 20));
        service = Service.start(
                installation.engine(),
                settings(policies(null, "0 1 1 1 *", "* * * * *")),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                InstantSource.system(),
                List.of(
                        _ -> {
                            throw new IllegalStateException("a listener that fails, which no backup may notice");
                        },
                        events::add));
        client = new Client(service.port(), null);
    }

    /// The same bucket and server, another process.
    private void restart(Runnable meanwhile) throws Exception {
        service.close();
        meanwhile.run();
        installation.close();
        client.close();
        serve();
    }

    @AfterEach
    void stop() {
        service.close();
        installation.close();
        client.close();
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

    private JsonNode ask(String body) throws Exception {
        HttpResponse<String> answer = client.send("POST", "/api/v1/jobs", body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return client.json(answer.headers().firstValue("Location").orElseThrow());
    }

    private void ends(JsonNode job, String state) {
        await().atMost(PATIENTLY)
                .untilAsserted(() -> assertThat(
                                client.json("/api/v1/jobs/" + job.get("id").asString())
                                        .get("state")
                                        .asString())
                        .isEqualTo(state));
    }

    @Test
    void aNewDatabaseGetsItsFirstFullAndThenItsLogsAndMetricsTellSo() throws Exception {
        assertThat(client.get("/health/live").statusCode()).isEqualTo(200);
        await().atMost(PATIENTLY).until(() -> taken().containsAll(List.of(BackupType.FULL, BackupType.LOG)));
        await().atMost(PATIENTLY)
                .until(() ->
                        client.metric("mssql_backup_last_success_timestamp_seconds{%s,type=\"log\"}".formatted(SALES))
                                > 0);

        assertThat(taken().getFirst()).isEqualTo(BackupType.FULL);
        assertThat(client.get("/health/ready").statusCode()).isEqualTo(200);
        assertThat(client.metric("mssql_backup_last_success_timestamp_seconds{%s,type=\"full\"}".formatted(SALES)))
                .isGreaterThan(1.7e9);
        assertThat(client.metric("mssql_backup_last_success_timestamp_seconds{database=\"Absent\",type=\"full\"}"))
                .as("a database that a policy names and nobody has seen")
                .isZero();
        assertThat(client.metric("mssql_backup_runs_total{%s,outcome=\"good\",type=\"full\"}".formatted(SALES)))
                .isEqualTo(1);
        assertThat(client.metric("mssql_backup_source_bytes_total{%s,type=\"full\"}".formatted(SALES)))
                .isGreaterThan(4 << 20);
        assertThat(client.metric("mssql_backup_chain_intact{%s}".formatted(SALES)))
                .isEqualTo(1);
        assertThat(client.metric("mssql_backup_sql_up")).isEqualTo(1);
        assertThat(client.metric("mssql_backup_s3_requests_total")).isGreaterThan(10);
        assertThat(client.metric("mssql_backup_s3_retries_total")).isNotNaN();
        assertThat(client.metric(
                        "mssql_backup_vdi_stall_seconds_total{%s,side=\"sql\",type=\"full\"}".formatted(SALES)))
                .isPositive();
        assertThat(client.metric("mssql_backup_run_duration_seconds_count{%s,type=\"full\"}".formatted(SALES)))
                .isEqualTo(1);
        assertThat(client.metric("mssql_backup_memory_budget_bytes")).isPositive();
        assertThat(client.metric("mssql_backup_log_guard_trips_total{%s}".formatted(SALES)))
                .isZero();
        assertThat(client.metric("mssql_backup_chain_broken{%s,kind=\"foreign_log\"}".formatted(SALES)))
                .isZero();
        assertThat(client.metric("mssql_backup_unconfirmed{%s}".formatted(SALES)))
                .isZero();
        assertThat(client.metric("mssql_backup_recoverable_until_timestamp_seconds{%s}".formatted(SALES)))
                .isGreaterThan(1.7e9);
    }

    @Test
    void aBackupThatSomebodyAsksForIsTakenAndListedAndPlannedWith() throws Exception {
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.FULL));

        JsonNode job = ask("{\"database\": \"Sales\", \"type\": \"FULL\", \"copyOnly\": true}");
        ends(job, "good");

        JsonNode ended = client.json("/api/v1/jobs/" + job.get("id").asString());
        String id = ended.get("backupId").asString();
        assertThat(client.json("/api/v1/backups/" + id).get("copyOnly").asBoolean())
                .isTrue();
        assertThat(client.json("/api/v1/backups?database=Sales").get("backups").findValuesAsString("id"))
                .contains(id);
        JsonNode plan = client.json("/api/v1/plan?database=Sales&to=end");
        assertThat(plan.get("reachable").asBoolean()).isTrue();
        assertThat(plan.at("/preconditions/0/error").asString()).isEqualTo("database-exists");
        JsonNode copy = client.json("/api/v1/plan?database=Sales&to=end&as=Copy");
        assertThat(copy.get("preconditions").findValuesAsString("state"))
                .hasSizeGreaterThan(10)
                .containsOnly("met");
        assertThat(copy.at("/files/0/path").asString()).contains("Copy_");
    }

    /// Every job of this test has a listener that throws, so each backup above shows that it changes nothing.
    @Test
    void listenersHearOfAJobFromItsQueueToItsEnd() throws Exception {
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.FULL));

        String good =
                ask("{\"database\": \"Sales\", \"type\": \"FULL\"}").get("id").asString();
        await().atMost(PATIENTLY).until(() -> heardOf(good).contains("Ended"));

        assertThat(heardOf(good)).containsExactly("Queued", "Began", "Progressed", "Ended");
        assertThat(events.stream()
                        .filter(event -> event instanceof JobEvent.Ended ended
                                && ended.job().id().equals(good)
                                && ended.outcome() == JobOutcome.GOOD
                                && ended.failure() == null
                                && ended.backup() != null))
                .hasSize(1);
    }

    /// The schedule looks every 500 ms, and eight waits for that would take two seconds.
    @Test
    void aBackupThatWaitsBeginsWhenTheOneBeforeItEnds() {
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.FULL));
        List<TrackedBackup> asked = Stream.generate(() -> service.jobs().ask("Sales", BackupType.FULL, true))
                .limit(9)
                .toList();
        await().atMost(PATIENTLY).until(() -> asked.stream().allMatch(TrackedJob::isOver));

        List<TrackedBackup> inOrder =
                asked.stream().sorted(Comparator.comparing(TrackedJob::began)).toList();
        Duration between = Duration.ZERO;
        for (int i = 1; i < inOrder.size(); i++) {
            between = between.plus(
                    Duration.between(inOrder.get(i - 1).ended(), inOrder.get(i).began()));
        }
        assertThat(between).isLessThan(Duration.ofMillis(800));
    }

    @Test
    void aDifferentialOnAStrangersFullIsTakenAsAFull() throws Exception {
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.FULL));
        JsonNode first = ask("{\"database\": \"Sales\", \"type\": \"DIFFERENTIAL\"}");
        ends(first, "good");
        assertThat(client.json("/api/v1/jobs/" + first.get("id").asString())
                        .get("taken")
                        .asString())
                .isEqualTo("DIFFERENTIAL");

        forgetTheFull();
        JsonNode second = ask("{\"database\": \"Sales\", \"type\": \"DIFFERENTIAL\"}");
        ends(second, "good");

        JsonNode ended = client.json("/api/v1/jobs/" + second.get("id").asString());
        assertThat(ended.get("taken").asString()).isEqualTo("FULL");
        assertThat(ended.get("note").asString()).contains("not in the bucket");
    }

    /// As if somebody else had taken it: SQL Server knows the base, the bucket does not.
    private void forgetTheFull() {
        var catalog = installation.engine().environment().catalog();
        catalog.list("Sales")
                .filter(key -> key.type() == BackupType.FULL)
                .concatMap(catalog::delete)
                .blockLast();
        service.inventory().refresh("Sales");
    }

    @Test
    void policiesThatAreAppliedRemoveWhatTheyNoLongerKeep() throws Exception {
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.FULL));
        service.apply(settings(policies(new Configuration.Keep(1, null), "0 1 1 1 *", null)));

        ends(ask("{\"database\": \"Sales\", \"type\": \"FULL\"}"), "good");

        await().atMost(PATIENTLY).until(() -> taken().equals(List.of(BackupType.FULL)));
        await().atMost(PATIENTLY).until(() -> client.metric("mssql_backup_pruned_total{%s}".formatted(SALES)) >= 1);
    }

    @Test
    void anEntryThatNobodyCanReadStopsNothing() throws Exception {
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.FULL));
        restart(() -> {
            var environment = installation.engine().environment();
            CatalogKey full = environment.catalog().list("Sales").blockFirst();
            environment
                    .store()
                    .put(
                            full.key().replace(full.backupId(), new Ulid(Clock.systemUTC()).next()),
                            "{\"schemaVersion\": 2}".getBytes(UTF_8))
                    .block();
        });

        await().atMost(PATIENTLY).until(() -> client.get("/health/ready").statusCode() == 200);
        ends(ask("{\"database\": \"Sales\", \"type\": \"LOG\"}"), "good");

        assertThat(client.metric("mssql_backup_catalog_unreadable{%s}".formatted(SALES)))
                .isEqualTo(1);
        assertThat(client.metric("mssql_backup_chain_intact{%s}".formatted(SALES)))
                .isEqualTo(1);
        assertThat(client.metric("mssql_backup_last_success_timestamp_seconds{%s,type=\"full\"}".formatted(SALES)))
                .isGreaterThan(1.7e9);
    }

    @Test
    void aJobThatWaitsForADatabaseThatNoPolicyTakesAnyMoreIsOverAndHoldsNobodyUp() throws Exception {
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.FULL));
        Configuration.Schedule closed = new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 0);
        service.apply(settings(new Policies(policies(null, "0 1 1 1 *", null).policies(), closed)));
        JsonNode job = ask("{\"database\": \"Sales\", \"type\": \"FULL\"}");
        assertThat(job.get("state").asString()).isEqualTo("queued");

        service.apply(settings(new Policies(List.of(), closed)));

        ends(job, "cancelled");
        assertThat(client.json("/api/v1/jobs/" + job.get("id").asString())
                        .get("note")
                        .asString())
                .contains("no policy takes it any more");
        Instant asked = Instant.now();
        service.close();
        assertThat(Duration.between(asked, Instant.now())).isLessThan(Duration.ofMinutes(1));
    }

    private double lastSuccess(String type) throws Exception {
        return client.metric("mssql_backup_last_success_timestamp_seconds{%s,type=\"%s\"}".formatted(SALES, type));
    }

    /// As `sluice backup` does in a process of its own: nobody tells the service.
    private void person(BackupRequest request) {
        installation.engine().backup(request, RunObserver.SILENT).block(PATIENTLY);
    }

    private void sql(String sql) throws Exception {
        try (SqlSession session = installation.server().open(41)) {
            CollectedResponse response = new CollectedResponse();
            session.execute(Batch.of(sql), response, new Cancellation());
            assertThat(response.errors()).as(sql).isEmpty();
        }
    }

    @Test
    void whatAPersonTakesCounts() throws Exception {
        await().atMost(PATIENTLY).until(() -> lastSuccess("full") > 0);
        person(BackupRequest.full("Sales", 1));

        JsonNode job = ask("{\"database\": \"Sales\", \"type\": \"DIFFERENTIAL\"}");
        ends(job, "good");
        assertThat(client.json("/api/v1/jobs/" + job.get("id").asString())
                        .get("taken")
                        .asString())
                .as("its base is in the bucket")
                .isEqualTo("DIFFERENTIAL");

        double between = lastSuccess("full");
        person(BackupRequest.full("Sales", 1));
        service.apply(settings(policies(null, "0 1 1 1 *", null)));
        await().atMost(PATIENTLY).until(() -> lastSuccess("full") > between);
    }

    /// The database that can be backed up no longer is the one to hear of.
    @Test
    void aDatabaseThatIsNotOnlineKeepsItsMetricsAndSaysSo() throws Exception {
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.FULL));
        ends(ask("{\"database\": \"Sales\", \"type\": \"LOG\"}"), "good");
        await().atMost(PATIENTLY).until(() -> lastSuccess("log") > 0);
        String online = "mssql_backup_database_online{%s}".formatted(SALES);
        assertThat(client.metric(online)).isEqualTo(1);
        assertThat(client.metric("mssql_backup_database_online{database=\"Absent\"}"))
                .isZero();
        Policies pattern = everything();
        service.apply(settings(pattern));
        await().atMost(PATIENTLY).until(() -> service.knows("master"));
        person(BackupRequest.tail("Sales", TailLog.NORECOVERY));
        service.apply(settings(pattern));

        await().atMost(PATIENTLY).until(() -> client.metric(online) == 0);
        assertThat(lastSuccess("full")).isGreaterThan(1.7e9);
        assertThat(lastSuccess("log")).isGreaterThan(1.7e9);
        assertThat(client.metric("mssql_backup_chain_intact{%s}".formatted(SALES)))
                .isEqualTo(1);

        restart(() -> {});
        service.apply(settings(pattern));
        await().atMost(PATIENTLY).until(() -> client.metric(online) == 0);
        assertThat(lastSuccess("full")).as("after a restart").isGreaterThan(1.7e9);
    }

    @Test
    void nobodyIsToldToMissWhatThereCannotBe() throws Exception {
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.FULL));
        ends(ask("{\"database\": \"Sales\", \"type\": \"LOG\"}"), "good");
        Policies all = everything();
        sql("ALTER DATABASE Sales SET RECOVERY SIMPLE");
        service.apply(settings(all));
        await().atMost(PATIENTLY).until(() -> service.knows("master"));
        String master = "mssql_backup_last_success_timestamp_seconds{database=\"master\",type=\"%s\"}";

        assertThat(lastSuccess("log"))
                .as("the logs end, and nobody has taken a full backup since")
                .isGreaterThan(1.7e9);
        await().atMost(PATIENTLY).until(() -> Double.isNaN(client.metric(master.formatted("differential"))));
        assertThat(client.metric(master.formatted("full"))).isNotNaN();
        assertThat(client.metric(master.formatted("log"))).isNaN();

        ends(ask("{\"database\": \"Sales\", \"type\": \"FULL\"}"), "good");
        assertThat(lastSuccess("log")).isNaN();
        assertThat(lastSuccess("differential")).isZero();
    }

    @Test
    void anIdentityThatIsAnothersIsNoOutageOfSqlServer() throws Exception {
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.FULL));
        restart(() -> {
            var environment = installation.engine().environment();
            String key = environment.catalog().keys().owner();
            String owner = new String(environment.store().get(key).block(), UTF_8);
            environment
                    .store()
                    .put(
                            key,
                            owner.replaceAll(
                                            "(?i)((?:service_?broker|server_?name)\" *: *\")[^\"]*",
                                            "$1" + new UUID(1, 2))
                                    .getBytes(UTF_8))
                    .block();
        });
        // Once it has looked, by what it has asked the bucket.
        await().atMost(PATIENTLY).until(() -> client.metric("mssql_backup_storage_up") == 1);
        await().pollDelay(Duration.ofSeconds(3))
                .atMost(PATIENTLY)
                .until(() -> client.metric("mssql_backup_sql_up") == 1);

        assertThat(client.metric("mssql_backup_recovered")).isZero();
        assertThat(client.get("/health/ready").statusCode()).isEqualTo(503);
        assertThat(service.knows("Sales")).isFalse();
    }

    /// Looks for promtool on the PATH, or where `-Dsluice.promtool` says.
    @Test
    void promtoolHasNothingToSayAboutTheMetrics() throws Exception {
        String promtool = System.getProperty("sluice.promtool", "promtool");
        assumeTrue(runs(promtool), "promtool is not installed");
        await().atMost(PATIENTLY).until(() -> taken().containsAll(List.of(BackupType.FULL, BackupType.LOG)));
        await().atMost(PATIENTLY).until(() -> client.get("/metrics").body().contains("mssql_backup_bottleneck"));
        Path metrics = Files.writeString(
                directory.resolve("metrics"), client.get("/metrics").body());

        Process process = new ProcessBuilder(promtool, "check", "metrics")
                .redirectInput(metrics.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).isBlank();
    }

    private static boolean runs(String program) throws InterruptedException {
        try {
            return new ProcessBuilder(program, "--version").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void closingTakesNoNewWork() throws Exception {
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.FULL));

        service.close();
        int count = taken().size();

        assertThat(service.jobs().all()).allMatch(TrackedJob::isOver);
        assertThat(taken()).hasSize(count);
    }
}
