package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.EmailSection;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.NotifySection;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.serve.Client;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.ServiceSettings;
import dev.sluice.sidecar.serve.TrackedBackup;
import dev.sluice.sidecar.serve.TrackedJob;
import dev.sluice.sidecar.serve.http.HttpApi;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlSession;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Receivers of a real service, one of which hangs.
@Timeout(300)
class NotificationsIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(1);

    /// In which the service looks whether its clock wants it to look around.
    private static final Duration TICK = Duration.ofMillis(500);

    @TempDir
    Path directory;

    private static NotifySection receiver(
            String name, NotifySection.@Nullable Webhook webhook, NotifySection.@Nullable Heartbeat heartbeat) {
        return new NotifySection(name, webhook, heartbeat, null, List.of(), List.of());
    }

    private static NotifySection webhook(String name, HttpReceiver at) {
        return receiver(
                name,
                new NotifySection.Webhook(
                        new Secret(at.url("/hook")), new Secret("a-secret-of-the-webhook"), Duration.ofMinutes(1)),
                null);
    }

    private static NotifySection logsToo(String name, HttpReceiver at) {
        return new NotifySection(
                name,
                webhook(name, at).webhook(),
                null,
                null,
                List.of(NotifySection.Event.LOG_FULL, NotifySection.Event.RESOLVED),
                List.of());
    }

    private static NotifySection heartbeat(String name, HttpReceiver at) {
        return receiver(name, null, new NotifySection.Heartbeat(new Secret(at.url("/beat")), Duration.ofMinutes(1)));
    }

    private static NotifySection mail(String name, int port) {
        return new NotifySection(
                name,
                null,
                new EmailSection(
                        URI.create("smtp://127.0.0.1:" + port),
                        EmailSection.Tls.NONE,
                        "sluice@example.com",
                        List.of("dba@example.com"),
                        null,
                        null,
                        null,
                        Duration.ofMinutes(1)),
                null,
                null,
                List.of(),
                List.of(),
                List.of(),
                90);
    }

    private static ServiceSettings settings(EmbeddedForTests installation) {
        Cron yearly = Cron.parse("0 1 1 1 *");
        return new ServiceSettings(
                new Policies(
                        List.of(new Configuration.Policy(
                                List.of(DatabasePattern.parse("Sales")), yearly, null, yearly, null, null, null)),
                        new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2)),
                installation::request,
                null);
    }

    private static void take(Service service) {
        TrackedBackup job = service.jobs().ask("Sales", BackupType.LOG, false);
        await().atMost(PATIENTLY).until(job::isOver);
        assertThat(job.state()).isEqualTo(TrackedJob.State.GOOD);
    }

    /// Writes log for a backup to hold.
    private static void work(EmbeddedForTests installation, int seed) throws Exception {
        run(installation, "EXEC sluice_workload @database = N'Sales', @transactions = 5, @seed = " + seed);
    }

    private static void capacity(EmbeddedForTests installation, long records) throws Exception {
        run(installation, "EXEC sluice_log_capacity @database = N'Sales', @records = " + records);
    }

    private static void run(EmbeddedForTests installation, String statement) throws Exception {
        CollectedResponse response = new CollectedResponse();
        SqlSession session = installation.server().open(40);
        try {
            session.execute(Batch.of(statement), response, new Cancellation());
        } finally {
            session.close();
        }
        assertThat(response.errors()).isEmpty();
    }

    /// With another directory of the bucket.
    private static void somebodyElseTakesALog(EmbeddedForTests installation) {
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
                .backup(BackupRequest.of("Sales", BackupType.LOG), RunObserver.SILENT)
                .block(PATIENTLY);
    }

    @Test
    void aHangingReceiverHoldsUpNeitherBackupsNorTheEndAndTheOthersHearOfABrokenChain() throws Exception {
        try (ServerSocket silentMailServer = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                HttpReceiver hanging = new HttpReceiver().hanging();
                HttpReceiver receiver = new HttpReceiver();
                EmbeddedForTests installation =
                        EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 1 << 20))) {
            Notifications notifications = Notifications.start(
                    "sql-prod-1",
                    List.of(
                            heartbeat("hanging-heartbeat", hanging),
                            webhook("hanging-webhook", hanging),
                            mail("hanging-mail", silentMailServer.getLocalPort()),
                            webhook("on-call", receiver)),
                    InstantSource.system());
            Service service = Service.start(
                    installation.engine(),
                    settings(installation),
                    HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                    InstantSource.system(),
                    List.of(notifications));
            Instant closed;
            try (Client client = new Client(service.port(), null)) {
                service.metrics().notifications(notifications::counts);
                // The first full backup, by the schedule.
                await().atMost(PATIENTLY)
                        .until(() -> service.jobs().all().stream().anyMatch(TrackedJob::isOver));
                await().atMost(PATIENTLY).until(() -> !hanging.requests.isEmpty());
                take(service);
                work(installation, 1);
                somebodyElseTakesALog(installation);
                work(installation, 2);
                take(service);
                take(service);

                String delivered = "mssql_backup_notifications_total{outcome=\"delivered\",receiver=\"on-call\"}";
                await().atMost(PATIENTLY).until(() -> client.metric(delivered) == 1);
            } finally {
                Instant begun = Instant.now();
                service.close();
                notifications.close();
                closed = Instant.now();
                assertThat(Duration.between(begun, closed))
                        .as("three seconds for the receivers, and what the service takes")
                        .isLessThan(Duration.ofSeconds(30));
            }

            JsonNode told =
                    JsonMapper.shared().readTree(receiver.requests.getFirst().body());
            assertThat(receiver.requests).as("the chain is broken once").hasSize(1);
            assertThat(told.get("event").asString()).isEqualTo("chain-broken");
            assertThat(told.get("database").asString()).isEqualTo("Sales");
            assertThat(told.get("backup").asString()).hasSize(26);
            assertThat(told.get("remedy").asString()).contains("differential");
        }
    }

    @Test
    void aLogThatFillsUpIsToldAndALogBackupResolvesIt() throws Exception {
        AtomicLong minutes = new AtomicLong();
        // The service looks around once a minute.
        InstantSource clock = () -> Instant.now().plus(Duration.ofMinutes(minutes.get()));
        try (HttpReceiver receiver = new HttpReceiver();
                EmbeddedForTests installation =
                        EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 1 << 20));
                Notifications notifications = Notifications.start(
                        "sql-prod-1", List.of(logsToo("on-call", receiver)), InstantSource.system());
                Service service = Service.start(
                        installation.engine(),
                        settings(installation),
                        HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                        clock,
                        List.of(notifications))) {
            service.logs().tell(notifications);
            await().atMost(PATIENTLY).until(() -> service.jobs().all().stream().anyMatch(TrackedJob::isOver));
            work(installation, 1);

            capacity(installation, 10);
            await().pollInterval(TICK).atMost(PATIENTLY).until(() -> {
                minutes.incrementAndGet();
                return !receiver.requests.isEmpty();
            });
            capacity(installation, 4_000_000);
            take(service);
            await().pollInterval(TICK).atMost(PATIENTLY).until(() -> {
                minutes.incrementAndGet();
                return receiver.requests.size() > 1;
            });

            assertThat(receiver.requests)
                    .extracting(request -> JsonMapper.shared()
                            .readTree(request.body())
                            .get("event")
                            .asString())
                    .containsExactly("log-full", "resolved");
        }
    }
}
