package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.transfer.StripeSource;
import java.time.LocalDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a backup will contain.
///
/// @param header as far as known before the end
/// @param logBytes of log, for the messages
/// @param beginsChain whether it is the first log backup of a chain
/// @param lastRecord when the last record in a log backup was written
record BackupPlan(
        BackupHeader header,
        UUID set,
        UUID mediaSet,
        long logBytes,
        boolean beginsChain,
        @Nullable LocalDateTime lastRecord,
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
