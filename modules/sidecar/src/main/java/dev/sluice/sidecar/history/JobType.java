package dev.sluice.sidecar.history;

import java.util.Locale;

/// What a job does.
public enum JobType {
    FULL,
    DIFFERENTIAL,
    LOG,
    RESTORE,
    VERIFICATION,
    DRILL;

    /// In history, in answers and on the command line.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Whether it takes a full or a differential backup.
    boolean isDataBackup() {
        return this == FULL || this == DIFFERENTIAL;
    }
}
