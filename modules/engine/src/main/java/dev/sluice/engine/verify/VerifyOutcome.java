package dev.sluice.engine.verify;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A verification, and whether what it found is kept in the bucket.
///
/// @param finishedAt when its last byte had been read, by the clock that the caller gave
/// @param unkept     why the bucket has no document of it, in a sentence; null when it has one
public record VerifyOutcome(
        VerifyReport report, Instant finishedAt, @Nullable String unkept) {}
