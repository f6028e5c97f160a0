package dev.sluice.sidecar.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.OwnerDocument;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.Summaries;
import dev.sluice.catalog.SummaryDocument;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.cli.RuledSite;
import dev.sluice.sidecar.log.Masking;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// When a service writes its summary, and whose it never replaces.
@Timeout(120)
class SummaryWriterIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration MOMENT = Duration.ofMillis(50);
    private static final Duration NEVER = Duration.ofDays(1);

    @TempDir
    Path directory;

    private final AtomicReference<Map<String, Boolean>> checks = new AtomicReference<>(Map.of("sql", true));
    private final AtomicReference<DatabaseStatus.Condition> condition =
            new AtomicReference<>(DatabaseStatus.Condition.FAILING);
    private final AtomicInteger looks = new AtomicInteger();
    private EmbeddedForTests installation;
    private Environment env;
    private Summaries summaries;

    @BeforeEach
    void start() {
        installation = EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 1 << 20));
        env = installation.engine().environment();
        summaries = env.catalog().summaries();
    }

    @AfterEach
    void stop() {
        installation.close();
    }

    private SummaryWriter writer(Duration first, Duration change, Duration interval) {
        SummaryWriter writer =
                new SummaryWriter(env, new SummaryWriter.Pace(first, change, interval, SOON, Duration.ofSeconds(5)));
        writer.follow(this::status);
        return writer;
    }

    private ServiceStatus status() {
        looks.incrementAndGet();
        return new ServiceStatus(
                "embedded",
                "1.0",
                Instant.now(),
                checks.get(),
                List.of(new DatabaseStatus(
                        "Sales",
                        condition.get(),
                        List.of("Its last full backup failed: password=hunter2"),
                        true,
                        null,
                        List.of(new DatabaseStatus.TypeStatus(BackupType.FULL, null, null, Optional.empty())),
                        Optional.empty(),
                        0)),
                List.of());
    }

    private SummaryDocument summary() {
        return await().atMost(SOON)
                .until(() -> summaries.read().blockOptional(SOON), Optional::isPresent)
                .orElseThrow()
                .document();
    }

    @Test
    void itIsWrittenWhenAConditionHasChangedAndSaysWhenItIsTheLastOne() {
        SummaryDocument first;
        SummaryDocument last;
        Masking.hide(List.of("hunter2"));
        try (SummaryWriter writer = writer(MOMENT, MOMENT, NEVER)) {
            first = summary();
            assertThat(first.unmet()).isEmpty();
            assertThat(first.interval()).isEqualTo(NEVER);
            assertThat(first.identity().name()).as("of the SQL Server").isNotEmpty();
            assertThat(first.databases().getFirst().name()).isEqualTo("Sales");
            assertThat(first.databases().getFirst().problems())
                    .containsExactly("Its last full backup failed: password=***");

            condition.set(DatabaseStatus.Condition.WELL);
            writer.on(EndedJobs.good("Sales", BackupType.FULL, Instant.now()));

            await().atMost(SOON)
                    .until(() -> summary().databases().getFirst().condition() == SummaryDocument.Condition.WELL);
            checks.set(Map.of("accepting", false));
        } finally {
            Masking.hide(List.of());
        }
        last = summary();
        assertThat(last.unmet()).containsExactly("accepting");
        assertThat(last.identity()).isEqualTo(first.identity());
        assertThat(last.shared()).isFalse();
    }

    /// Log backups end all the time.
    @Test
    void aJobThatChangesNoConditionMakesItWriteNothing() {
        try (SummaryWriter writer = writer(MOMENT, MOMENT, NEVER)) {
            SummaryDocument first = summary();
            int asked = looks.get();

            writer.on(EndedJobs.good("Sales", BackupType.LOG, Instant.now()));
            await().atMost(SOON).until(() -> looks.get() > asked);
            writer.on(EndedJobs.good("Sales", BackupType.LOG, Instant.now()));
            await().atMost(SOON).until(() -> looks.get() > asked + 1); // what the one before led to is done

            assertThat(summary().writtenAt()).isEqualTo(first.writtenAt());
        }
    }

    @Test
    void itIsASignOfLifeThoughNothingHappens() {
        try (SummaryWriter _ = writer(MOMENT, NEVER, Duration.ofSeconds(1))) {
            SummaryDocument first = summary();

            await().atMost(SOON).until(() -> summary().writtenAt().isAfter(first.writtenAt()));
        }
    }

    private void owned(ServerIdentity owner) {
        env.catalog()
                .claim(new OwnerDocument(BackupDocument.SCHEMA_VERSION, env.identity(), Instant.now(), owner))
                .block(SOON);
    }

    /// A server that was given the identity of another one by mistake.
    @Test
    void theSummaryOfAnotherServerIsNotReplaced() {
        owned(new ServerIdentity("OTHER", null, "another-broker", List.of()));
        int asked;
        try (SummaryWriter writer = writer(MOMENT, MOMENT, NEVER)) {
            await().atMost(SOON).until(() -> looks.get() > 0);
            asked = looks.get();
            writer.on(EndedJobs.good("Sales", BackupType.FULL, Instant.now()));
            await().atMost(SOON).until(() -> looks.get() > asked);
        }

        assertThat(summaries.read().blockOptional(SOON)).isEmpty();
        assertThat(summaries.ofReplicas(SummaryWriterIT::fail).collectList().block(SOON))
                .isEmpty();
    }

    /// Two of them would take every backup twice, and neither sees the other.
    @Test
    void aSecondServeForTheSameServerIsToldOfByBoth() {
        try (Heard heard = new Heard();
                SummaryWriter _ = writer(MOMENT, NEVER, Duration.ofSeconds(1));
                SummaryWriter _ = writer(MOMENT, NEVER, Duration.ofSeconds(1))) {
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(heard.messages())
                            .filteredOn(message -> message.startsWith("another `sluice serve`"))
                            .hasSize(2));
        }
    }

    /// A bucket may refuse to read what it takes.
    @Test
    void aSummaryThatMayNotBeReadIsReplacedAllTheSame(@TempDir Path other) throws Exception {
        try (RuledSite site = RuledSite.start(other)) {
            String key = site.keys().summary();
            site.answer(
                    request -> request.operation().equals("GetObject")
                            && request.key().equals(key),
                    RuledSite.Reply.FORBIDDEN);
            try (SummaryWriter writer = new SummaryWriter(
                    site.environment(),
                    new SummaryWriter.Pace(MOMENT, NEVER, Duration.ofSeconds(1), SOON, Duration.ofSeconds(5)))) {
                writer.follow(this::status);
                await().atMost(SOON).until(() -> site.listed().contains(key));
                byte[] first = site.bytes(key);

                await().atMost(SOON).until(() -> !Arrays.equals(site.bytes(key), first));
            }
        }
    }

    @Test
    void oneAfterAnotherIsNoSecondServe() {
        try (Heard heard = new Heard()) {
            for (int i = 0; i < 2; i++) {
                Optional<Instant> before = summaries
                        .read()
                        .map(summary -> summary.document().writtenAt())
                        .blockOptional(SOON);
                try (SummaryWriter _ = writer(MOMENT, NEVER, Duration.ofSeconds(1))) {
                    SummaryDocument first = await().atMost(SOON)
                            .until(
                                    this::summary,
                                    summary -> !Optional.of(summary.writtenAt()).equals(before));
                    await().atMost(SOON).until(() -> summary().writtenAt().isAfter(first.writtenAt()));
                }
            }

            assertThat(heard.messages()).isEmpty();
        }
    }

    /// What is said about other writers of the summary.
    private static final class Heard implements AutoCloseable {
        private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
        private final Logger logger = (Logger) LoggerFactory.getLogger(OtherWriter.class);

        Heard() {
            appender.list = new CopyOnWriteArrayList<>();
            appender.start();
            logger.addAppender(appender);
        }

        List<String> messages() {
            return appender.list.stream()
                    .map(ILoggingEvent::getFormattedMessage)
                    .toList();
        }

        @Override
        public void close() {
            logger.detachAppender(appender);
        }
    }

    /// It cannot know whose it would replace.
    @Test
    void aSidecarThatDoesNotKnowItsSqlServerReplacesNoSummary() {
        installation.server().close();
        try (SummaryWriter _ = writer(MOMENT, MOMENT, NEVER)) {
            await().atMost(SOON).until(() -> looks.get() > 1);
        }

        assertThat(summaries.read().blockOptional(SOON)).isEmpty();
    }

    /// The server that has claimed the directory is the one that writes `summary.json`.
    @Test
    void itReplacesItsOwnAndAlsoADamagedOne() {
        try (SqlSession session = env.server().connect()) {
            owned(ServerFacts.identity(session));
        }
        env.store().put(env.catalog().keys().summary(), "{".getBytes(UTF_8)).block(SOON);

        try (SummaryWriter _ = writer(MOMENT, MOMENT, NEVER)) {
            await().atMost(SOON)
                    .ignoreExceptions()
                    .until(() -> !summary().databases().isEmpty());
        }
    }

    private static void fail(CatalogException e) {
        throw new AssertionError(e);
    }
}
