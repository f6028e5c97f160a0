package dev.sluice.engine;

import static dev.sluice.engine.sql.Tsql.identifier;
import static dev.sluice.engine.sql.Tsql.literal;

import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.s3.catalog.BackupType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The T-SQL of a restore.
final class RestoreStatement {

    private RestoreStatement() {}

    static String of(RestoreRequest request, List<String> devices, Transfer transfer) {
        BackupDocument backup = request.backup();
        List<String> options = new ArrayList<>();
        options.add("FILE = 1");
        if (!request.database().equals(backup.database())) {
            moves(backup, request.database())
                    .forEach(
                            (logical, path) -> options.add("MOVE %s TO %s".formatted(literal(logical), literal(path))));
        }
        if (request.replace()) {
            options.add("REPLACE");
        }
        options.add(request.recover() ? "RECOVERY" : "NORECOVERY");
        if (hasChecksums(backup)) {
            options.add("CHECKSUM");
        }
        // SQL Server reads what it wrote: block and transfer sizes of the backup are the safe ones to repeat.
        options.add("MAXTRANSFERSIZE = " + backup.options().maxTransferSize());
        options.add("BUFFERCOUNT = " + transfer.bufferCount(devices.size()));
        options.add("STATS = 1");
        return "RESTORE %s %s FROM %s WITH %s"
                .formatted(
                        backup.type() == BackupType.LOG ? "LOG" : "DATABASE",
                        identifier(request.database()),
                        BackupStatement.devices(devices),
                        String.join(", ", options));
    }

    /// What SQL Server wrote down, not what it was asked for: it refuses CHECKSUM for a backup without them
    /// (3187), and verifies those that are there in any case.
    private static boolean hasChecksums(BackupDocument backup) {
        return backup.msdb() != null && Boolean.TRUE.equals(backup.msdb().get("has_backup_checksums"));
    }

    /// Where each file goes under a new name: beside its old place, with the database's name in front, so that
    /// two databases never share a file.
    private static Map<String, String> moves(BackupDocument backup, String database) {
        return DatabaseFiles.of(backup).placedFor(database);
    }
}
