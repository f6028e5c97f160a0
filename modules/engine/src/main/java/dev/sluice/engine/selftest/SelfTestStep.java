package dev.sluice.engine.selftest;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/// The steps of a self-test, in order. One that fails does not stop those behind it, unless they rest on it.
public enum SelfTestStep {
    SERVER("asks the server what it is", Duration.ofMinutes(2)),
    SCRATCH("creates the scratch database and fills it", Duration.ofMinutes(30), SERVER),
    FULL("a full backup with one stripe", Duration.ofMinutes(30), SCRATCH),
    RESTORE("restores it, checks it with DBCC CHECKDB, compares its rows and drops it", Duration.ofMinutes(60), FULL),
    LOG("log backups, with rows and instants between them", Duration.ofMinutes(15), FULL),
    DIFFERENTIAL("a differential backup, and a restore through it", Duration.ofMinutes(30), FULL),
    INSTANTS("restores to instants between the rows", Duration.ofMinutes(60), LOG),
    STRIPES("a full backup with four stripes, and its restore", Duration.ofMinutes(60), SCRATCH),
    COMPRESSION("a compressed full backup, and its restore", Duration.ofMinutes(60), SCRATCH),
    ENCRYPTION("a full backup that a certificate encrypts, and its restore", Duration.ofMinutes(60), SCRATCH),
    CANCEL("cancels a full backup at five moments", Duration.ofMinutes(30), SCRATCH),
    KILL("kills the session of a full backup", Duration.ofMinutes(15), SCRATCH),
    QUESTIONS("asks what the documents leave open", Duration.ofMinutes(15), SCRATCH),
    REMOVE("drops what it has made", Duration.ofMinutes(15));

    private final String what;
    private final Duration deadline;
    private final List<SelfTestStep> needs;

    SelfTestStep(String what, Duration deadline, SelfTestStep... needs) {
        this.what = what;
        this.deadline = deadline;
        this.needs = List.of(needs);
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
        return needs;
    }
}
