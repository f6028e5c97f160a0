package dev.sluice.engine.backup;

import java.time.Duration;
import java.util.Locale;

/// When a backup is given up for the server's sake.
///
/// While a data backup runs, SQL Server can truncate the log only up to the backup's beginning. A backup that
/// does not get on, or that runs while the log fills up, ends in error 9002 for every client that writes; so it
/// ends first. Log backups have no such limits, because they are what makes room, but for the one on the verdict.
///
/// @param stall      how long no byte of a data backup may move, on either side; and how long SQL Server may
///                   take for its verdict on any backup when it has everything. A verdict that does not come is
///                   unknown: the backup stays, for `recover` to decide on
/// @param logPercent how full the log may be, in percent, as long as the backup is what keeps it from being
///                   truncated; 100 for no limit
public record BackupLimits(Duration stall, int logPercent) {

    /// Half an hour, and 90 %.
    public static final BackupLimits DEFAULT = new BackupLimits(Duration.ofMinutes(30), 90);

    public BackupLimits {
        if (stall.isNegative() || stall.isZero()) {
            throw new IllegalArgumentException("a stall limit is more than nothing, got " + stall);
        }
        if (logPercent < 1 || logPercent > 100) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "a log is 1 to 100 %% full, got %d", logPercent));
        }
    }
}
