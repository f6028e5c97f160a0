package dev.sluice.sidecar.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.Summaries;
import dev.sluice.catalog.SummaryDocument;
import dev.sluice.engine.run.Environment;
import dev.sluice.sidecar.EmbeddedForTests;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// When a service writes its summary, and what it keeps of what is there.
@Timeout(120)
class SummaryWriterIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration MOMENT = Duration.ofMillis(50);
    private static final Duration NEVER = Duration.ofDays(1);

    @TempDir
    Path directory;

    private final AtomicReference<Map<String, Boolean>> checks = new AtomicReference<>(Map.of("sql", true));
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
        writer.follow(() -> new ServiceStatus(
                "embedded",
                "1.0",
                Instant.now(),
                checks.get(),
                List.of(new DatabaseStatus(
                        "Sales",
                        DatabaseStatus.Condition.FAILING,
                        List.of("Its last full backup failed: password=hunter2"),
                        true,
                        null,
                        List.of(new DatabaseStatus.TypeStatus(BackupType.FULL, null, null, Optional.empty())),
                        Optional.empty(),
                        0)),
                List.of()));
        return writer;
    }

    private SummaryDocument summary() {
        return await().atMost(SOON)
                .until(() -> summaries.read().blockOptional(SOON), Optional::isPresent)
                .orElseThrow()
                .document();
    }

    @Test
    void itIsWrittenAfterAJobAndSaysWhenItIsTheLastOne() {
        SummaryDocument first;
        SummaryDocument last;
        try (SummaryWriter writer = writer(MOMENT, MOMENT, NEVER)) {
            first = summary();
            assertThat(first.unmet()).isEmpty();
            assertThat(first.interval()).isEqualTo(NEVER);
            assertThat(first.identity()).as("of the SQL Server").isNotNull();
            assertThat(first.databases().getFirst().name()).isEqualTo("Sales");

            writer.on(EndedJobs.good("Sales", BackupType.FULL, Instant.now()));

            await().atMost(SOON).until(() -> summary().writtenAt().isAfter(first.writtenAt()));
            checks.set(Map.of("accepting", false));
        }
        last = summary();
        assertThat(last.unmet()).containsExactly("accepting");
        assertThat(last.identity()).isEqualTo(first.identity());
        assertThat(last.others()).isEmpty();
    }

    @Test
    void itIsASignOfLifeThoughNothingHappens() {
        try (SummaryWriter _ = writer(MOMENT, NEVER, Duration.ofSeconds(1))) {
            SummaryDocument first = summary();

            await().atMost(SOON).until(() -> summary().writtenAt().isAfter(first.writtenAt()));
        }
    }

    @Test
    void whatAnotherReplicaWroteIsKeptAndWhatIsDamagedIsReplaced() {
        ServerIdentity other = new ServerIdentity("SQL2", null, "another-broker", List.of());
        summaries
                .write(new SummaryDocument(
                        "1.0", "embedded", other, Instant.EPOCH, NEVER, List.of(), List.of(), 0, List.of()))
                .block(SOON);
        Instant modified = summaries.read().block(SOON).modified();

        try (SummaryWriter writer = writer(MOMENT, MOMENT, NEVER)) {
            await().atMost(SOON).until(() -> !summary().others().isEmpty());
            assertThat(summary().others()).containsExactly(new SummaryDocument.OtherSidecar(other, modified, NEVER));

            env.store().put(env.catalog().keys().summary(), "{".getBytes(UTF_8)).block(SOON);
            writer.on(EndedJobs.good("Sales", BackupType.FULL, Instant.now()));

            await().atMost(SOON)
                    .ignoreExceptions()
                    .until(() -> summary().others().isEmpty());
        }
    }
}
