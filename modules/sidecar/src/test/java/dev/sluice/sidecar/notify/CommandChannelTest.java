package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// With real programs.
@EnabledOnOs(OS.LINUX)
class CommandChannelTest {

    private static final Duration PATIENTLY = Duration.ofSeconds(30);
    private static final Notification TEST =
            Notification.test("01M8A1X50F1T7S0DMN2KDX8K7G", Instant.parse("2026-03-01T12:00:00Z"), "sql-prod-1");

    @TempDir
    Path directory;

    private Path program(String script) throws Exception {
        Path program = Files.writeString(directory.resolve("program"), "#!/bin/sh\n" + script);
        return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }

    private Delivery run(String script, Duration limit) throws Exception {
        return new CommandChannel(program(script), List.of(directory.toString(), "two words"), limit).deliver(TEST);
    }

    @Test
    void theProgramGetsTheDocumentAndItsArguments() throws Exception {
        Delivery came = run("cat >\"$1/input\"; echo \"$2 $# $PWD\"", PATIENTLY);

        assertThat(came).isEqualTo(new Delivery.Delivered("exit code 0: two words 2 /"));
        assertThat(Files.readAllBytes(directory.resolve("input"))).isEqualTo(TEST.json());
    }

    @Test
    void theProgramNeedNotReadIt() throws Exception {
        assertThat(run("exec <&-; echo; echo more", PATIENTLY)).isInstanceOf(Delivery.Delivered.class);
    }

    @Test
    void anotherExitCodeThan0IsAFailureAndNotTriedAgain() throws Exception {
        assertThat(run("echo 'no such queue' >&2; exit 3", PATIENTLY))
                .isEqualTo(new Delivery.Refused("exit code 3: no such queue"));
    }

    @Test
    void theEnvironmentHoldsNoSecretOfSluices() throws Exception {
        run("env >\"$1/environment\"", PATIENTLY);

        assertThat(Files.readAllLines(directory.resolve("environment")))
                .allMatch(line -> line.matches("(PATH|HOME|LANG|LC_ALL|TZ|TMPDIR|PWD|SHLVL|OLDPWD|_)=.*"));
    }

    @Test
    void aProgramThatIsNotThereIsNamed() throws Exception {
        Path missing = directory.resolve("missing");

        assertThat(new CommandChannel(missing, List.of(), PATIENTLY).deliver(TEST))
                .isEqualTo(new Delivery.Refused(missing + " is not there, or may not be run by this user"));
    }

    @Test
    void aProgramThatHangsIsKilledWithEverythingThatItStarted() throws Exception {
        Path child = directory.resolve("child");
        Duration limit = Duration.ofMillis(250);
        while (!Files.exists(child)) { // longer, if this machine needs longer to begin
            assertThat(limit).isLessThan(PATIENTLY);
            // The child's parent is gone, so that only the group leads to it.
            Delivery came =
                    run("(sleep 600 & echo $! >\"$1/.child\"; mv \"$1/.child\" \"$1/child\"); sleep 600", limit);
            assertThat(came).isInstanceOf(Delivery.Refused.class);
            assertThat(came.answer()).contains("was killed");
            limit = limit.multipliedBy(2);
        }

        awaitEndOf(child);
    }

    @Test
    void anInterruptKillsItToo() throws Exception {
        Path child = directory.resolve("child");
        CommandChannel channel = new CommandChannel(
                program("(sleep 600 & echo $! >\"$1/.child\"; mv \"$1/.child\" \"$1/child\"); sleep 600"),
                List.of(directory.toString()),
                Duration.ofMinutes(5));
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                channel.deliver(TEST);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        await().atMost(PATIENTLY).until(() -> Files.exists(child));

        thread.interrupt();

        assertThat(thread.join(PATIENTLY)).isTrue();
        awaitEndOf(child);
    }

    private static void awaitEndOf(Path child) throws Exception {
        long pid = Long.parseLong(Files.readString(child).strip());
        await().atMost(PATIENTLY).until(() -> isOver(pid));
    }

    /// A container without an init collects no orphans: a killed one stays there as a zombie.
    private static boolean isOver(long pid) throws Exception {
        Path status = Path.of("/proc", Long.toString(pid), "stat");
        try {
            String text = Files.readString(status);
            return text.substring(text.lastIndexOf(')') + 2).startsWith("Z");
        } catch (java.nio.file.NoSuchFileException e) {
            return true;
        }
    }
}
