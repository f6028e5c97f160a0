package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupType;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.HookSection;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.schedule.BackupJob;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// How long the program after a backup has when the service ends.
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class BackupHooksTest {

    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    Path directory;

    private final AtomicLong later = new AtomicLong();

    private BackupHooks hooks(String script) throws Exception {
        Path program = Files.writeString(directory.resolve("after"), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        Policies policies = new Policies(
                List.of(new Configuration.Policy(
                        null,
                        List.of(DatabasePattern.parse("Sales")),
                        Cron.parse("0 1 1 1 *"),
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        new HookSection.After(program, List.of(directory.toString()), LONG, List.of()),
                        List.of())),
                new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2));
        ServiceSettings settings = new ServiceSettings(
                policies,
                (_, _, _) -> {
                    throw new AssertionError("nothing is taken here");
                },
                null);
        return new BackupHooks("test", () -> settings, InstantSource.system(), () -> System.nanoTime() + later.get());
    }

    private static TrackedBackup work() {
        return new TrackedBackup(new BackupJob("job-1", "Sales", BackupType.FULL, false, Instant.EPOCH, false, ""));
    }

    /// The backup took longer to abort than the grace lasts.
    @Test
    void aProgramThatStartsAfterTheEndHasBegunHasItsWholeGrace() throws Exception {
        BackupHooks hooks = hooks("cat >\"$1/told\"; sleep 1");
        TrackedBackup work = work();
        hooks.before(work);
        hooks.close();
        later.set(BackupHooks.GRACE.multipliedBy(2).toNanos());

        hooks.after(work, JobOutcome.CANCELLED, null, null);

        assertThat(directory.resolve("told")).isNotEmptyFile();
        assertThat(work.note()).isEmpty();
    }

    @Test
    void aProgramThatOutlivesItsGraceIsKilled() throws Exception {
        BackupHooks hooks = hooks("echo $$ >\"$1/.pid\"; mv \"$1/.pid\" \"$1/pid\"; sleep 600");
        TrackedBackup work = work();
        hooks.before(work);
        hooks.close();
        Thread after = Thread.ofVirtual().start(() -> hooks.after(work, JobOutcome.CANCELLED, null, null));
        await().atMost(LONG).until(() -> Files.exists(directory.resolve("pid")));

        later.set(BackupHooks.GRACE.multipliedBy(2).toNanos());

        assertThat(after.join(LONG)).isTrue();
        assertThat(work.note()).contains("was killed");
        long pid = Long.parseLong(Files.readString(directory.resolve("pid")).strip());
        await().atMost(LONG)
                .until(() ->
                        ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
    }
}
