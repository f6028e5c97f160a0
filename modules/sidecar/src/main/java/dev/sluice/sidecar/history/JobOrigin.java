package dev.sluice.sidecar.history;

import java.util.Locale;

/// Who has asked for a job.
public enum JobOrigin {
    /// A policy's time table.
    SCHEDULE,
    /// A person, over HTTP.
    REQUEST,
    /// A broken chain, by `on-broken-chain`.
    CHAIN;

    /// In history and in answers.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
