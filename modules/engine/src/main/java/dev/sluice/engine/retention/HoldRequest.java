package dev.sluice.engine.retention;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.HoldDocument;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a person wants to be held.
///
/// **Errors:** [IllegalArgumentException] for what no hold may say, in a sentence for the person who asks.
///
/// @param until  when the hold ends; null when only a person ends it
/// @param reason the person's words; null for none
/// @param heldAt when the person entered it, by the clock of that machine
/// @param lock   whether the bucket's Object Lock keeps the objects, too: until the hold's end, or by legal
///               hold when it has none
public record HoldRequest(
        BackupDocument backup,
        @Nullable Instant until,
        @Nullable String reason,
        Instant heldAt,
        boolean lock) {

    /// Without Object Lock.
    public HoldRequest(BackupDocument backup, @Nullable Instant until, @Nullable String reason, Instant heldAt) {
        this(backup, until, reason, heldAt, false);
    }

    public HoldRequest {
        if (until != null && !until.isAfter(heldAt)) {
            throw new IllegalArgumentException("the hold would have ended at %s already".formatted(until));
        }
        HoldDocument.requireReason(reason);
    }
}
