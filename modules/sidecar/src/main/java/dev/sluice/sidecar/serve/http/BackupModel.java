package dev.sluice.sidecar.serve.http;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import java.time.Instant;
import java.util.List;

/// The JSON objects about backups in the bucket, as [ApiModel] has the others.
final class BackupModel {

    private BackupModel() {}

    record Backups(List<ListedBackup> backups, int total) implements ApiModel.Body {}

    enum Confirmation {
        GOOD,
        UNCONFIRMED
    }

    /// @param directory of the database in the bucket: a piece of its name, and a sum of it
    record ListedBackup(
            String id, String directory, BackupType type, Instant startedAt, long bytes, Confirmation verdict)
            implements ApiModel.Body {

        static ListedBackup of(CatalogKey key) {
            return new ListedBackup(
                    key.backupId(), key.database(), key.type(), key.startedAt(), key.bytes(), Confirmation.GOOD);
        }

        static ListedBackup unconfirmed(BackupDocument document) {
            return new ListedBackup(
                    document.backupId(),
                    Keys.database(document.database()),
                    document.type(),
                    document.startedAt(),
                    document.bytes(),
                    Confirmation.UNCONFIRMED);
        }
    }
}
