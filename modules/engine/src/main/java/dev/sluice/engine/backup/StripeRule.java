package dev.sluice.engine.backup;

/// How the number of stripes in a request is meant.
public enum StripeRule {
    /// Exactly so many.
    EXACT,
    /// Of a log backup, only as many as there is log for ([LogStripes]); of every other backup exactly so many.
    BY_LOG_SIZE
}
