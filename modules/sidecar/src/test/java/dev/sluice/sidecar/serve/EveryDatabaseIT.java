package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.retention.KeepRule;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.retention.RetentionRule;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.sidecar.EmbeddedForTests;
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
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `databases: ["*"]` on a server as it is: the system's databases are in SIMPLE recovery, and names change.
@Timeout(300)
class EveryDatabaseIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    private EmbeddedForTests installation;

    @BeforeEach
    void start() {
        installation = EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 1 << 20));
    }

    @AfterEach
    void stop() {
        installation.close();
    }

    private List<BackupType> taken(String database) {
        return installation
                .engine()
                .environment()
                .catalog()
                .list(database)
                .map(CatalogKey::type)
                .collectList()
                .block(PATIENTLY);
    }

    @Test
    void aPolicyOfAllDatabasesTakesOfEachWhatThereIs() throws Exception {
        Cron yearly = Cron.parse("0 1 1 1 *");
        Policies all = new Policies(
                List.of(new Configuration.Policy(
                        List.of(DatabasePattern.parse("*")), yearly, yearly, yearly, null, null, null)),
                new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2));
        Service service = Service.start(
                installation.engine(),
                new ServiceSettings(all, installation::request, null),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                InstantSource.system());
        Client client = new Client(service.port(), null);
        try (client) {
            for (String database : List.of("master", "model", "msdb", "Sales")) {
                await().atMost(PATIENTLY).until(() -> taken(database).contains(BackupType.FULL));
            }
            await().atMost(PATIENTLY).until(() -> service.jobs().all().stream().allMatch(TrackedJob::isOver));

            Map<String, String> expected = Map.of(
                    "master LOG", "left_out",
                    "master DIFFERENTIAL", "good FULL",
                    "msdb LOG", "left_out",
                    "msdb DIFFERENTIAL", "good DIFFERENTIAL",
                    "model LOG", "good LOG",
                    "Sales LOG", "good LOG");
            for (Map.Entry<String, String> each : expected.entrySet()) {
                int blank = each.getKey().indexOf(' ');
                JsonNode job = take(
                        client, each.getKey().substring(0, blank), each.getKey().substring(blank + 1));
                String ended = job.get("state").asString()
                        + (job.has("taken") ? " " + job.get("taken").asString() : "");
                assertThat(ended).as("%s: %s", each.getKey(), job).startsWith(each.getValue());
                assertThat(job.path("note").asString(""))
                        .as(each.getKey())
                        .doesNotContain("there were no log backups any more", "chain");
            }
            assertThat(service.knows("tempdb")).isFalse();
            assertThat(service.jobs().all())
                    .noneMatch(work -> work.job().database().equals("tempdb"));
            for (String database : List.of("master", "msdb")) {
                for (String kind : List.of("simple_recovery", "log_chain_ended", "no_full")) {
                    assertThat(client.metric(
                                    "mssql_backup_chain_broken{database=\"%s\",kind=\"%s\"}".formatted(database, kind)))
                            .as("%s of %s", kind, database)
                            .isIn(0.0, Double.NaN);
                }
                assertThat(client.metric("mssql_backup_last_success_timestamp_seconds{database=\"%s\",type=\"log\"}"
                                .formatted(database)))
                        .as("logs of %s, which there cannot be", database)
                        .isNaN();
            }
        } finally {
            service.close();
        }
    }

    private static JsonNode take(Client client, String database, String type) throws Exception {
        HttpResponse<String> answer = client.send(
                "POST", "/api/v1/jobs", "{\"database\": \"%s\", \"type\": \"%s\"}".formatted(database, type));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        String job = answer.headers().firstValue("Location").orElseThrow();
        await().atMost(PATIENTLY).until(() -> client.json(job).has("ended"));
        return client.json(job);
    }

    private BackupResult backUp(BackupRequest request) throws Exception {
        sql("EXEC sluice_workload @database = N'%s', @transactions = 5, @seed = 1".formatted(request.database()));
        return installation.engine().backup(request, RunObserver.SILENT).block(PATIENTLY);
    }

    private void sql(String sql) throws Exception {
        try (SqlSession session = installation.server().open(41)) {
            CollectedResponse response = new CollectedResponse();
            session.execute(Batch.of(sql), response, new Cancellation());
            assertThat(response.errors()).as(sql).isEmpty();
        }
    }

    /// What the new name's logs rest on is the newest chain under the old one, which no rule removes.
    @Test
    void retentionUnderAFormerNameLeavesWhatTheNewNameRestsOn() throws Exception {
        Engine engine = installation.engine();
        backUp(BackupRequest.full("Sales", 1));
        backUp(BackupRequest.log("Sales"));
        backUp(BackupRequest.full("Sales", 1));
        backUp(BackupRequest.log("Sales"));
        sql("ALTER DATABASE [Sales] MODIFY NAME = [Sales 2027]");
        assertThat(backUp(BackupRequest.log("Sales 2027")).chain()).isEmpty();
        // A database of another family takes over the name, and its backups are counted for themselves.
        engine.restore(
                        RestoreRequest.of(
                                installation
                                        .engine()
                                        .backup(BackupRequest.full("model", 1), RunObserver.SILENT)
                                        .block(PATIENTLY)
                                        .document(),
                                "Sales",
                                false,
                                true),
                        RestoreObserver.SILENT)
                .block(PATIENTLY);
        backUp(BackupRequest.full("Sales", 1));

        PruneReport report = engine.prune(new PruneRequest(
                        "Sales", (backups, now) -> RetentionRule.decide(backups, new KeepRule(1, null), now), false))
                .block(PATIENTLY);

        assertThat(report.removed()).isEqualTo(2);
        Inventory inventory = engine.inventory("Sales 2027", null).block(PATIENTLY);
        RestorePlan plan = (RestorePlan) new Planner(inventory.backups()).plan(PlanRequest.to(new RestoreTarget.End()));
        engine.restore(
                        RestoreRequest.of(plan, inventory.documents(), "Copy", Map.of(), RestoreRequest.Existing.KEEP),
                        RestoreObserver.SILENT)
                .block(PATIENTLY);
        assertThat(installation.server().compare("Sales 2027", "Copy")).isEmpty();
    }
}
