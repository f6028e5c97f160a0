package dev.sluice.sidecar.schedule;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.sql.DataChanges;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Whether a differential that a table names is worth taking, by how much has changed since the last full backup.
///
/// @param atLeast   bytes that must have changed; 0 for any
/// @param fullAbove percent of the data above which a full backup is taken instead; null for never
public record DifferentialRule(long atLeast, @Nullable Integer fullAbove) {

    private static final double MEBIBYTE = 1 << 20;

    /// @param logs whether log backups have the changes too. Without them, a differential that is left out would
    ///             leave changes without any copy, so none is
    public StartDecision of(DataChanges changes, boolean logs) {
        if (logs && changes.changed() < atLeast) {
            return new StartDecision.LeaveOut(String.format(
                    Locale.ROOT,
                    "only %.1f MiB of data have changed since the last full backup, and diff-when.at-least is %.1f MiB",
                    changes.changed() / MEBIBYTE,
                    atLeast / MEBIBYTE));
        }
        if (fullAbove != null && changes.percent() > fullAbove) {
            return new StartDecision.Take(
                    BackupType.FULL,
                    String.format(
                            Locale.ROOT,
                            "%.1f %% of the data have changed since the last full backup, and diff-when.full-above is %d %%",
                            changes.percent(),
                            fullAbove));
        }
        return new StartDecision.Take(BackupType.DIFFERENTIAL, "");
    }
}
