package dev.sluice.engine.restore;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.plan.RestorePlan.Step;
import dev.sluice.engine.plan.RestorePlan.Stop;
import java.util.Map;

/// One statement of a restore, with everything that it takes to send it.
sealed interface RestoreStep {

    Recovery recovery();

    /// RESTORE DATABASE or RESTORE LOG.
    record Read(BackupDocument backup, Stop stop, Recovery recovery) implements RestoreStep {
        public Read {
            if (backup.stripes().isEmpty()) {
                throw new IllegalArgumentException("backup %s has no stripes".formatted(backup.backupId()));
            }
        }
    }

    /// RESTORE DATABASE without FROM.
    record Open(Recovery recovery) implements RestoreStep {}

    /// @param documents of all backups of the plan, by id
    static RestoreStep of(Step step, Map<String, BackupDocument> documents) {
        return switch (step) {
            case Step.Restore restore -> read(restore, documents);
            case Step.Recover recover -> new Open(recover.recovery());
        };
    }

    private static Read read(RestorePlan.Step.Restore restore, Map<String, BackupDocument> documents) {
        BackupDocument document = documents.get(restore.backup().id());
        if (document == null) {
            throw new IllegalArgumentException(
                    "backup %s is not in the bucket".formatted(restore.backup().id()));
        }
        return new Read(document, restore.stop(), restore.recovery());
    }
}
