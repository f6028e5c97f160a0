package dev.sluice.sidecar.schedule;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.sql.DataChanges;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Whether a differential that a table names is worth taking, by how much has changed since the last full backup.
///
/// @param atLeast   bytes that must have changed; 0 for any
/// @param fullAbove percent of the data above which a full backup is taken instead; null for never
public record DifferentialRule(long atLeast, @Nullable Integer fullAbove) {

    private static final double MEBIBYTE = 1 << 20;

    /// What stands in the way of a full backup instead of the differential: a full one that fails each time, or is
    /// paused, must not be the reason that no data backup is taken.
    public enum FullBackup {
        POSSIBLE(""),
        FAILED("the last attempt has failed, so the differential is taken"),
        PAUSED("full backups are paused, so the differential is taken");

        private final String text;

        FullBackup(String text) {
            this.text = text;
        }
    }

    /// @param logs whether log backups have the changes too; asked only where it matters. Without them, a
    ///             differential that is left out would leave changes without any copy, so none is
    public StartDecision of(DataChanges changes, BooleanSupplier logs, FullBackup full) {
        if (changes.changed() < atLeast && logs.getAsBoolean()) {
            return new StartDecision.LeaveOut(String.format(
                    Locale.ROOT,
                    "only about %.1f MiB of data have changed since the last full backup, and diff-when.at-least is %.1f MiB",
                    changes.changed() / MEBIBYTE,
                    atLeast / MEBIBYTE));
        }
        if (fullAbove != null && changes.percent() > fullAbove) {
            String why = String.format(
                    Locale.ROOT,
                    "about %.1f %% of the data have changed since the last full backup, and diff-when.full-above is %d %%",
                    changes.percent(),
                    fullAbove);
            return full == FullBackup.POSSIBLE
                    ? new StartDecision.Take(BackupType.FULL, why)
                    : new StartDecision.Take(BackupType.DIFFERENTIAL, why + "; but " + full.text);
        }
        return new StartDecision.Take(BackupType.DIFFERENTIAL, "");
    }
}
