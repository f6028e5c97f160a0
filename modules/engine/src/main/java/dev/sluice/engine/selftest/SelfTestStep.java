package dev.sluice.engine.selftest;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/// The steps of a self-test, in order. One that fails does not stop those behind it, unless they rest on it.
public enum SelfTestStep {
    SERVER("asks the server what it is", Duration.ofMinutes(2)),
    SCRATCH("creates the scratch database and fills it", Duration.ofMinutes(30)),
    FULL("a full backup with one stripe", Duration.ofMinutes(30)),
    RESTORE("restores it, checks it with DBCC CHECKDB, compares its rows and drops it", Duration.ofMinutes(60)),
    LOG("log backups, with rows and instants between them", Duration.ofMinutes(15)),
    DIFFERENTIAL("a differential backup, and a restore through it", Duration.ofMinutes(30)),
    INSTANTS("restores to instants between the rows", Duration.ofMinutes(60)),
    STRIPES("a full backup with four stripes, and its restore", Duration.ofMinutes(60)),
    COMPRESSION("a compressed full backup, and its restore", Duration.ofMinutes(60)),
    ENCRYPTION("a full backup that a certificate encrypts, and its restore", Duration.ofMinutes(60)),
    CANCEL("cancels a full backup at five moments", Duration.ofMinutes(30)),
    KILL("kills the session of a full backup", Duration.ofMinutes(15)),
    QUESTIONS("asks what the documents leave open", Duration.ofMinutes(15)),
    DEATH(
            "starts two clients of a full backup as processes of their own, and has them die by kill -9",
            Duration.ofMinutes(20)),
    REMOVE("drops what it has made", Duration.ofMinutes(15));

    private final String what;
    private final Duration deadline;

    SelfTestStep(String what, Duration deadline) {
        this.what = what;
        this.deadline = deadline;
    }

    /// As it is printed: `full`.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// What it does, for people.
    public String what() {
        return what;
    }

    /// When it is cancelled.
    Duration deadline() {
        return deadline;
    }

    /// Steps without whose success it is not begun.
    List<SelfTestStep> needs() {
        return switch (this) {
            case SERVER, REMOVE -> List.of();
            case SCRATCH -> List.of(SERVER);
            case RESTORE, LOG, DIFFERENTIAL -> List.of(FULL);
            case INSTANTS -> List.of(LOG);
            case FULL, STRIPES, COMPRESSION, ENCRYPTION, CANCEL, KILL, QUESTIONS, DEATH -> List.of(SCRATCH);
        };
    }
}
