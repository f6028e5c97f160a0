package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.transfer.StripeSource;
import java.util.List;
import java.util.UUID;

/// What a backup will contain.
///
/// @param header as far as known before the end
/// @param checkpoint the log record at which a full backup bases later differentials
/// @param lastRecord the log record up to which a log backup reaches
/// @param logBytes of log, for the messages
record BackupPlan(
        BackupHeader header,
        UUID set,
        UUID mediaSet,
        long checkpoint,
        long lastRecord,
        long logBytes,
        List<StripeSource> stripes) {

    private static final int PAGE = 8192;

    BackupPlan {
        stripes = List.copyOf(stripes);
    }

    /// Pages of a file in the backup.
    long pagesOf(DatabaseFile file) {
        if (file.isLog()) {
            return (logBytes + PAGE - 1) / PAGE;
        }
        return header.files().stream()
                .filter(one -> one.id() == file.id() && one.kind() != BackupFile.Kind.LOG)
                .mapToLong(BackupFile::backedUpPages)
                .sum();
    }
}
