package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.FailureId;
import dev.sluice.sidecar.config.NotifySection;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.serve.EndedJobs;
import dev.sluice.sidecar.serve.ServiceMetrics.NotificationCount;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Receivers over real HTTP on loopback.
class NotificationsTest {

    private static final Duration PATIENTLY = Duration.ofSeconds(30);
    private static final Duration HARDLY = Duration.ofMillis(1);
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final String SECRET = "a-secret-of-the-webhook";
    private static final String HIDDEN_PATH = "/hidden-path-of-the-webhook";

    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.sluice.sidecar.notify");
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private HttpReceiver receiver;

    @BeforeEach
    void start() throws Exception {
        receiver = new HttpReceiver();
        logged.start();
        logger.addAppender(logged);
        logger.setLevel(Level.TRACE);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        receiver.close();
        logger.detachAppender(logged);
        logger.setLevel(null);
        assertThat(lines()).noneMatch(line -> line.contains(SECRET) || line.contains(HIDDEN_PATH));
    }

    private List<String> lines() {
        return List.copyOf(logged.list).stream()
                .map(line -> "%s %s %s %s"
                        .formatted(
                                line.getLevel(),
                                line.getFormattedMessage(),
                                line.getKeyValuePairs(),
                                line.getThrowableProxy()))
                .toList();
    }

    private NotifySection webhook(String url, List<NotifySection.Event> events, String... databases) {
        return new NotifySection(
                "on-call",
                new NotifySection.Webhook(new Secret(url), new Secret(SECRET), PATIENTLY),
                null,
                null,
                events,
                List.of(databases).stream().map(DatabasePattern::parse).toList());
    }

    private NotifySection webhook(NotifySection.Event... events) {
        return webhook(receiver.url(HIDDEN_PATH), List.of(events));
    }

    private Notifications notifications(NotifySection... sections) {
        return notifications(PATIENTLY, sections);
    }

    private Notifications notifications(Duration patience, NotifySection... sections) {
        Notifications notifications = Notifications.start(
                "sql-prod-1", List.of(sections), List.of(HARDLY, HARDLY), patience, InstantSource.system());
        open.add(notifications);
        return notifications;
    }

    private static void fail(Notifications notifications, String database, FailureId id, Instant at) {
        notifications.on(EndedJobs.failed(database, BackupType.LOG, id, "The bucket does not answer.", at));
    }

    private static void succeed(Notifications notifications, String database, Instant at) {
        notifications.on(EndedJobs.good(database, BackupType.LOG, at));
    }

    private static long count(Notifications notifications, String receiver, String outcome) {
        LongAdder count = notifications.counts().get(new NotificationCount(receiver, outcome));
        return count == null ? -1 : count.sum();
    }

    private List<String> events() {
        return receiver.requests.stream()
                .map(request -> json(request).get("event").asString())
                .toList();
    }

    private static JsonNode json(HttpReceiver.Received request) {
        return JsonMapper.shared().readTree(request.body());
    }

    @Test
    void aFailureIsPostedAndSigned() throws Exception {
        Notifications notifications = notifications(webhook());
        long before = Instant.now().getEpochSecond();

        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON);
        notifications.close();

        HttpReceiver.Received request = receiver.requests.getFirst();
        assertThat(receiver.requests).hasSize(1);
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.path()).isEqualTo(HIDDEN_PATH);
        assertThat(new String(request.body(), StandardCharsets.UTF_8))
                .isEqualTo(("{\"version\":1,\"id\":\"%s\",\"at\":\"2026-03-01T12:00:00Z\",\"event\":\"failure\","
                                + "\"server\":\"sql-prod-1\",\"database\":\"Sales\",\"type\":\"log\","
                                + "\"failure\":\"store-failed\","
                                + "\"message\":\"The bucket does not answer. (s3://backups)\",\"remedy\":\"%s\","
                                + "\"backup\":null}")
                        .formatted(request.id(), FailureId.STORE_FAILED.remedy()));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        mac.update((request.timestamp() + ".").getBytes(StandardCharsets.UTF_8));
        assertThat(request.signature()).isEqualTo("v1=" + HexFormat.of().formatHex(mac.doFinal(request.body())));
        assertThat(Long.parseLong(request.timestamp()))
                .isBetween(before, Instant.now().getEpochSecond());
        assertThat(count(notifications, "on-call", "delivered")).isEqualTo(1);
    }

    @Test
    void aReceiverThatIsUnavailableIsAskedAgainWithTheSameId() {
        receiver.answering(503, 429);
        Notifications notifications = notifications(webhook());

        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON);
        await().atMost(PATIENTLY).until(() -> count(notifications, "on-call", "delivered") == 1);

        assertThat(receiver.requests).hasSize(3);
        assertThat(receiver.requests.stream().map(HttpReceiver.Received::id).distinct())
                .hasSize(1);
        assertThat(receiver.requests.stream()
                        .map(request -> json(request).get("id").asString())
                        .distinct())
                .containsExactly(receiver.requests.getFirst().id());
    }

    @Test
    void theAttemptsHaveAnEndAndTheFailureIsToldAgainWhenItIsMetAgain() {
        receiver.answering(500, 500, 500);
        Notifications notifications = notifications(webhook());

        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON);
        await().atMost(PATIENTLY).until(() -> count(notifications, "on-call", "failed") == 1);
        assertThat(receiver.requests).hasSize(3);
        assertThat(lines())
                .filteredOn(line -> line.startsWith("WARN"))
                .singleElement()
                .asString()
                .contains("notification failed", "on-call", "Sales", "HTTP 500");

        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON.plusSeconds(60));
        await().atMost(PATIENTLY).until(() -> count(notifications, "on-call", "delivered") == 1);
    }

    @Test
    void aReceiverThatIsNotThereIsAskedAgainToo() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        Notifications notifications =
                notifications(webhook("http://127.0.0.1:%s%s".formatted(free, HIDDEN_PATH), List.of()));

        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON);

        await().atMost(PATIENTLY).until(() -> count(notifications, "on-call", "failed") == 1);
        assertThat(lines()).anyMatch(line -> line.contains("the connection failed"));
    }

    @Test
    void aReceiverThatRefusesIsNotAskedAgain() {
        receiver.answering(404, 302);
        Notifications notifications = notifications(webhook());

        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON);
        fail(notifications, "Stock", FailureId.STORE_FAILED, NOON);

        await().atMost(PATIENTLY).until(() -> count(notifications, "on-call", "failed") == 2);
        assertThat(receiver.requests)
                .hasSize(2)
                .allMatch(request -> request.path().equals(HIDDEN_PATH));
    }

    @Test
    void eachTroubleIsToldOnceAndItsEndToo() {
        Notifications notifications = notifications(webhook());

        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON);
        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON.plusSeconds(60));
        fail(notifications, "Sales", FailureId.STALLED, NOON.plusSeconds(120));
        notifications.on(EndedJobs.cancelled("Sales", BackupType.LOG, NOON.plusSeconds(150)));
        succeed(notifications, "Sales", NOON.plusSeconds(180));
        succeed(notifications, "Sales", NOON.plusSeconds(240));
        notifications.close();

        assertThat(events()).containsExactly("failure", "failure", "resolved");
        assertThat(receiver.requests.stream().map(HttpReceiver.Received::id).distinct())
                .hasSize(3);
    }

    @Test
    void aReceiverHearsOfItsEventsAndDatabasesAlone() {
        Notifications notifications = notifications(
                webhook(receiver.url(HIDDEN_PATH), List.of(NotifySection.Event.RESOLVED), "*", "!Scratch*"));

        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON);
        fail(notifications, "ScratchA", FailureId.STORE_FAILED, NOON);
        succeed(notifications, "ScratchA", NOON.plusSeconds(60));
        succeed(notifications, "Sales", NOON.plusSeconds(60));
        notifications.close();

        assertThat(events()).containsExactly("resolved");
        assertThat(json(receiver.requests.getFirst()).get("database").asString())
                .isEqualTo("Sales");
    }

    @Test
    void aHeartbeatIsAskedForAfterEachGoodBackupAndNoOther() {
        Notifications notifications = notifications(new NotifySection(
                "dead-man",
                null,
                new NotifySection.Heartbeat(new Secret(receiver.url(HIDDEN_PATH)), PATIENTLY),
                null,
                List.of(),
                List.of()));

        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON);
        succeed(notifications, "Sales", NOON);
        await().atMost(PATIENTLY).until(() -> count(notifications, "dead-man", "delivered") == 1);
        succeed(notifications, "Sales", NOON);
        notifications.close();

        assertThat(receiver.requests)
                .hasSize(2)
                .allMatch(request -> request.method().equals("GET")
                        && request.path().equals(HIDDEN_PATH)
                        && request.body().length == 0);
    }

    /// The last words of an ordinary end are delivered: above, close() is what the tests wait for. Here the
    /// receiver hangs.
    @Test
    void aReceiverThatHangsHoldsUpNeitherJobsNorOthersNorTheEnd() throws Exception {
        try (HttpReceiver hanging = new HttpReceiver().hanging()) {
            Notifications notifications = notifications(
                    Duration.ofMillis(100),
                    webhook(hanging.url(HIDDEN_PATH), List.of()),
                    new NotifySection(
                            "dead-man",
                            null,
                            new NotifySection.Heartbeat(new Secret(receiver.url("/")), PATIENTLY),
                            null,
                            List.of(),
                            List.of()));
            fail(notifications, "first", FailureId.STORE_FAILED, NOON);
            await().atMost(PATIENTLY).until(() -> !hanging.requests.isEmpty());

            Instant begun = Instant.now();
            for (int i = 0; i < 300; i++) {
                fail(notifications, "database" + i, FailureId.STORE_FAILED, NOON);
            }
            assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(10));
            succeed(notifications, "another", NOON);
            await().atMost(PATIENTLY).until(() -> count(notifications, "dead-man", "delivered") == 1);
            assertThat(count(notifications, "on-call", "dropped")).isEqualTo(300 - 256);
            assertThat(lines())
                    .filteredOn(line -> line.contains("256 others wait for it"))
                    .hasSize(300 - 256);

            begun = Instant.now();
            notifications.close();

            assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(10));
            assertThat(count(notifications, "on-call", "dropped")).isEqualTo(301);
            assertThat(hanging.requests).hasSize(1);
        }
    }

    @Test
    void aPauseEndsWithTheService() {
        receiver.answering(503);
        Notifications notifications = Notifications.start(
                "sql-prod-1", List.of(webhook()), List.of(Duration.ofHours(1)), PATIENTLY, InstantSource.system());
        open.add(notifications);
        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON);
        await().atMost(PATIENTLY).until(() -> !receiver.requests.isEmpty());

        notifications.close();

        assertThat(count(notifications, "on-call", "dropped")).isEqualTo(1);
    }

    @Test
    void aReloadKeepsWhatAnUnchangedReceiverKnows() throws Exception {
        Notifications notifications = notifications(webhook());
        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON);

        notifications.apply(List.of(webhook()), _ -> Optional.empty());
        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON.plusSeconds(60));
        notifications.apply(List.of(webhook(NotifySection.Event.FAILURE)), _ -> Optional.empty());
        fail(notifications, "Sales", FailureId.STORE_FAILED, NOON.plusSeconds(120));
        notifications.apply(List.of(), _ -> Optional.empty());
        fail(notifications, "Stock", FailureId.STORE_FAILED, NOON);

        assertThat(events()).containsExactly("failure", "failure");
    }

    @Test
    void aTestSaysWhatEachAnswered() throws Exception {
        receiver.answering(200, 403);
        NotifySection command = new NotifySection(
                "pager",
                null,
                null,
                new NotifySection.Command(Path.of("/bin/false"), List.of(), PATIENTLY),
                List.of(),
                List.of());

        assertThat(Notifications.test("sql-prod-1", List.of(webhook(), webhook(), command), InstantSource.system()))
                .containsExactly(
                        new Notifications.TestResult("on-call", true, "HTTP 200"),
                        new Notifications.TestResult("on-call", false, "HTTP 403"),
                        new Notifications.TestResult("pager", false, "exit code 1"));
        assertThat(json(receiver.requests.getFirst()).get("event").asString()).isEqualTo("test");
    }
}
