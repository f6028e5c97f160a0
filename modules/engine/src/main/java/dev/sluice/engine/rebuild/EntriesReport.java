package dev.sluice.engine.rebuild;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import java.time.Instant;
import java.util.List;

/// Which entries were made from data, and which were not.
///
/// @param plan    whether nothing was written
/// @param looked  objects that were looked at
/// @param known   backups that have their entries
/// @param made    entries that were written, or would be
/// @param aside   damaged entries that were moved out of the catalog, or would be, because another entry of the same
///                backup can be read
/// @param skipped what is not to have an entry, or not now: no failure
/// @param refused what should have one and cannot
/// @param notes   what else is worth knowing
public record EntriesReport(
        boolean plan,
        int looked,
        int known,
        List<Made> made,
        List<Named> aside,
        List<Named> skipped,
        List<Named> refused,
        List<String> notes) {

    public EntriesReport {
        made = List.copyOf(made);
        aside = List.copyOf(aside);
        skipped = List.copyOf(skipped);
        refused = List.copyOf(refused);
        notes = List.copyOf(notes);
    }

    /// An entry.
    ///
    /// @param verdict what is known about the outcome
    /// @param proof   what that rests on
    /// @param sums    whether every byte can be checked: only then can it be restored
    /// @param objects keys of its data, in the order of the stripes
    public record Made(
            String backupId,
            String database,
            BackupType type,
            Instant startedAt,
            String firstLsn,
            String lastLsn,
            long bytes,
            int stripes,
            BackupDocument.Outcome verdict,
            String proof,
            boolean sums,
            List<String> objects) {

        public Made {
            objects = List.copyOf(objects);
        }

        static Made of(BackupDocument document) {
            List<BackupDocument.Segment> segments = document.stripes().stream()
                    .flatMap(stripe -> stripe.segments().stream())
                    .toList();
            return new Made(
                    document.backupId(),
                    document.database(),
                    document.type(),
                    document.startedAt(),
                    document.firstLsn().toString(),
                    document.lastLsn().toString(),
                    document.bytes(),
                    document.stripes().size(),
                    document.verdict().outcome(),
                    document.verdict().proof(),
                    segments.stream().allMatch(segment -> segment.blocks() != null),
                    segments.stream().map(BackupDocument.Segment::key).toList());
        }
    }

    /// An object, or a backup without an entry.
    ///
    /// @param what   a backup's id, or an object's key
    /// @param reason what became of it, or why nothing did and what to do
    public record Named(String what, String reason) {}

    /// Whether a person should look: something was refused, is unconfirmed, or cannot be restored as it is.
    public boolean needsAttention() {
        return !refused.isEmpty()
                || made.stream().anyMatch(one -> one.verdict() != BackupDocument.Outcome.GOOD || !one.sums());
    }
}
