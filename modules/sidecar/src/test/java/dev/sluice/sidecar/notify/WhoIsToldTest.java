package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.sql.LogSpace;
import dev.sluice.sidecar.config.EmailSection;
import dev.sluice.sidecar.config.NotifySection;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.serve.EndedJobs;
import dev.sluice.sidecar.serve.ServiceMetrics.NotificationCount;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Which receivers hear of what: by policy, type of job, and how full a log is.
class WhoIsToldTest {

    private static final Duration PATIENTLY = Duration.ofSeconds(30);
    private static final Duration HARDLY = Duration.ofMillis(1);
    private static final List<NotifySection.Event> LOGS =
            List.of(NotifySection.Event.LOG_FULL, NotifySection.Event.RESOLVED);
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    Path directory;

    private HttpReceiver receiver;

    @BeforeEach
    void start() throws Exception {
        receiver = new HttpReceiver();
    }

    @AfterEach
    void stop() {
        receiver.close();
    }

    private NotifySection section(
            String name,
            NotifySection.@Nullable Format chat,
            List<NotifySection.Event> events,
            List<NotifySection.Type> types,
            String database) {
        Secret url = new Secret(receiver.url("/" + name));
        return new NotifySection(
                name,
                chat == null
                        ? new NotifySection.Webhook(url, new Secret("a-secret-of-the-webhook"), PATIENTLY)
                        : new NotifySection.Webhook(url, chat, null, PATIENTLY),
                null,
                null,
                null,
                events,
                types,
                List.of(DatabasePattern.parse(database)),
                90);
    }

    private NotifySection section(String name, String database) {
        return section(name, null, List.of(), List.of(), database);
    }

    private static Notifications start(Function<String, Optional<List<String>>> named, NotifySection... sections) {
        return Notifications.start(
                "sql-prod-1", List.of(sections), named, List.of(HARDLY, HARDLY), PATIENTLY, InstantSource.system());
    }

    private static void fail(Notifications notifications, String database, BackupType type) {
        notifications.on(EndedJobs.failed(database, type, FailureId.STORE_FAILED, "No answer.", NOON));
    }

    private static void look(Notifications notifications, int minute, int percent, String... databases) {
        notifications.onLogs(
                Stream.of(databases)
                        .map(database -> new LogSpace.Usage(database, percent, percent * 1024L, 102_400, "LOG_BACKUP"))
                        .toList(),
                NOON.plus(Duration.ofMinutes(minute)));
    }

    private static void awaitDelivered(Notifications notifications, String receiver, int deliveries) {
        await().atMost(PATIENTLY)
                .until(() -> notifications
                                .counts()
                                .get(new NotificationCount(receiver, "delivered"))
                                .sum()
                        == deliveries);
    }

    /// Who was told of what, in no order.
    private List<String> told() {
        return receiver.requests.stream()
                .map(request -> {
                    JsonNode json = JsonMapper.shared().readTree(request.body());
                    return "%s: %s %s %s"
                            .formatted(
                                    request.path().substring(1),
                                    json.get("event").asString(),
                                    json.get("database").asString(),
                                    json.get("type").isNull()
                                            ? "-"
                                            : json.get("type").asString());
                })
                .sorted()
                .toList();
    }

    @Test
    void aPolicyThatNamesReceiversGoesBeforeTheirPatterns() {
        Notifications notifications = start(
                database -> database.equals("Sales") ? Optional.of(List.of("sales-team")) : Optional.empty(),
                section("everyone", "*"),
                section("sales-team", "Nothing"));

        fail(notifications, "Sales", BackupType.LOG);
        fail(notifications, "Stock", BackupType.LOG);
        notifications.apply(
                List.of(section("everyone", "*"), section("sales-team", "Nothing")),
                _ -> Optional.of(List.of("everyone")));
        fail(notifications, "Sales", BackupType.FULL);
        notifications.close();

        assertThat(told())
                .containsExactly(
                        "everyone: failure Sales full", "everyone: failure Stock log", "sales-team: failure Sales log");
    }

    @Test
    void aHeartbeatThatAPolicyNamesKeepsItsPatterns() {
        NotifySection heartbeat = new NotifySection(
                "sales-heartbeat",
                null,
                new NotifySection.Heartbeat(new Secret(receiver.url("/beat")), PATIENTLY),
                null,
                List.of(),
                List.of(DatabasePattern.parse("Sales")));
        Notifications notifications = start(
                database -> Optional.of(database.startsWith("Sales") ? List.of("sales-heartbeat") : List.of("another")),
                heartbeat);

        notifications.on(EndedJobs.good("SalesArchive", BackupType.LOG, NOON));
        notifications.on(EndedJobs.good("Stock", BackupType.LOG, NOON));
        notifications.apply(List.of(heartbeat), _ -> Optional.empty());
        notifications.on(EndedJobs.good("SalesArchive", BackupType.LOG, NOON));
        assertThat(receiver.requests).isEmpty();
        notifications.apply(List.of(heartbeat), _ -> Optional.of(List.of("sales-heartbeat")));
        notifications.on(EndedJobs.good("Sales", BackupType.LOG, NOON));
        notifications.close();

        assertThat(receiver.requests).extracting(HttpReceiver.Received::path).containsExactly("/beat");
    }

    @Test
    void aRecipientThatIsPutOffForDaysGivesTheOthersOneMail() throws Exception {
        try (SmtpServer server = SmtpServer.start(directory, SmtpServer.Tls.STARTTLS)) {
            NotifySection dba = mail("dba", server, "later@example.com");
            NotifySection logs =
                    new NotifySection("dba", null, dba.email(), null, null, LOGS, List.of(), List.of(), 90);
            Notifications notifications = start(_ -> Optional.empty(), logs);

            for (int minute = 0; minute < 2; minute++) {
                look(notifications, minute, 95, "Sales");
            }
            awaitDelivered(notifications, "dba", 1);
            for (int minute = 2; minute < 30; minute++) {
                look(notifications, minute, 95, "Sales");
            }
            notifications.close();

            assertThat(server.mails)
                    .extracting(SmtpServer.Mail::recipients)
                    .containsExactly(List.of("dba@example.com"));
            assertThat(server.refused).containsOnly("later@example.com").hasSize(3);
            assertThat(notifications
                            .counts()
                            .get(new NotificationCount("dba", "failed"))
                            .sum())
                    .isZero();
        }
    }

    @Test
    void aReceiverWithTypesHearsOfTheseJobsAlone() {
        Notifications notifications = start(
                _ -> Optional.empty(),
                section("logs", null, List.of(), List.of(NotifySection.Type.LOG), "*"),
                section("drills", null, List.of(), List.of(NotifySection.Type.DRILL), "*"));

        fail(notifications, "Sales", BackupType.LOG);
        fail(notifications, "Sales", BackupType.FULL);
        assertThat(notifications.wantsLogs())
                .as("no receiver hears of full logs")
                .isFalse();
        for (int i = 0; i < 3; i++) {
            look(notifications, i, 99, "Sales");
        }
        notifications.close();

        assertThat(told()).containsExactly("logs: failure Sales log");
    }

    @Test
    void aFullLogIsToldWithWhatKeepsItAndItsEndToo() {
        Notifications notifications = start(
                database -> database.equals("Other") ? Optional.of(List.of("elsewhere")) : Optional.empty(),
                section("on-call", null, LOGS, List.of(), "*"),
                section("by-default", "*"),
                section("failures", null, List.of(NotifySection.Event.FAILURE), List.of(), "*"));
        assertThat(notifications.wantsLogs()).isTrue();
        for (int minute = 0; minute < 3; minute++) {
            look(notifications, minute, 95 + minute, "Sales", "Other");
        }
        awaitDelivered(notifications, "on-call", 1);
        for (int minute = 3; minute < 10; minute++) {
            look(notifications, minute, 40, "Sales", "Other");
        }
        notifications.close();

        assertThat(told()).containsExactly("on-call: log-full Sales -", "on-call: resolved Sales -");
        JsonNode full =
                JsonMapper.shared().readTree(receiver.requests.getFirst().body());
        assertThat(full.get("message").asString()).contains("96 percent full: 96 of 100 MB", "LOG_BACKUP");
        assertThat(full.get("remedy").asString()).contains("log backup");
    }

    @Test
    void aChatSystemGetsItsFormUnsigned() {
        Notifications notifications =
                start(_ -> Optional.empty(), section("chat", NotifySection.Format.DISCORD, List.of(), List.of(), "*"));

        fail(notifications, "Sales", BackupType.LOG);
        notifications.close();

        HttpReceiver.Received request = receiver.requests.getFirst();
        assertThat(request.signature()).isEqualTo("null");
        assertThat(request.timestamp()).isEqualTo("null");
        assertThat(JsonMapper.shared().readTree(request.body()).get("content").asString())
                .contains("Sales");
    }

    @Test
    void aTestShowsWhatTheMailServerAnswered() throws Exception {
        try (SmtpServer server = SmtpServer.start(directory, SmtpServer.Tls.STARTTLS)) {
            assertThat(Notifications.test(
                            "sql-prod-1",
                            List.of(mail("dba", server, "dba@example.com"), mail("gone", server, "never@example.com")),
                            InstantSource.system()))
                    .containsExactly(
                            new Notifications.TestResult("dba", true, "250 2.0.0 queued as 4711"),
                            new Notifications.TestResult(
                                    "gone",
                                    false,
                                    "delivered to dba@example.com; refused for never@example.com: 550 5.1.1 no such user here"));
        }
    }

    private static NotifySection mail(String name, SmtpServer server, String more) {
        return new NotifySection(
                name,
                null,
                new EmailSection(
                        URI.create("smtp://localhost:" + server.port()),
                        EmailSection.Tls.REQUIRED,
                        "sluice@example.com",
                        more.startsWith("dba") ? List.of(more) : List.of("dba@example.com", more),
                        SmtpServer.USER,
                        new Secret(SmtpServer.PASSWORD),
                        server.ca(),
                        PATIENTLY),
                null,
                null,
                List.of(),
                List.of(),
                List.of(),
                90);
    }
}
