package dev.sluice.engine.restore;

import static dev.sluice.engine.sql.Tsql.identifier;
import static dev.sluice.engine.sql.Tsql.literal;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.plan.Opening;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.plan.RestorePlan.Stop;
import dev.sluice.engine.run.TransferOptions;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// The T-SQL of a restore.
final class RestoreStatement {

    private static final DateTimeFormatter DATETIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS", Locale.ROOT);

    private RestoreStatement() {}

    /// @param from    what stands behind FROM
    /// @param moves   logical name to path
    /// @param replace whether an existing database may be overwritten; a database that is restoring is none
    /// @param buffers options of the transfer; empty for files
    static String of(
            RestoreStep.Read step,
            String database,
            String from,
            Map<String, String> moves,
            boolean replace,
            List<String> buffers) {
        BackupDocument backup = step.backup();
        List<String> options = new ArrayList<>();
        options.add("FILE = 1");
        new TreeMap<>(moves)
                .forEach((logical, path) -> options.add("MOVE %s TO %s".formatted(literal(logical), literal(path))));
        if (replace) {
            options.add("REPLACE");
        }
        options.addAll(recovery(step.recovery()));
        switch (step.stop()) {
            case Stop.Nowhere() -> {}
            case Stop.At(LocalDateTime local) -> options.add("STOPAT = " + literal(DATETIME.format(local)));
            case Stop.BeforeLsn(var lsn) -> options.add("STOPBEFOREMARK = " + literal("lsn:" + lsn.toDecimal()));
            case Stop.Mark mark -> options.add(mark(mark));
        }
        if (hasChecksums(backup)) {
            options.add("CHECKSUM");
        }
        options.addAll(buffers);
        options.add("STATS = 1");
        return "RESTORE %s %s FROM %s WITH %s"
                .formatted(
                        backup.type() == BackupType.LOG ? "LOG" : "DATABASE",
                        identifier(database),
                        from,
                        String.join(", ", options));
    }

    /// SQL Server reads what it wrote: block and transfer sizes of the backup are the safe ones to repeat.
    static List<String> buffers(BackupDocument backup, TransferOptions transfer) {
        return List.of(
                "MAXTRANSFERSIZE = " + backup.options().maxTransferSize(),
                "BUFFERCOUNT = " + transfer.bufferCount(backup.stripes().size()));
    }

    /// Opens a database to which everything has been restored.
    static String open(String database, Recovery recovery) {
        return "RESTORE DATABASE %s WITH %s".formatted(identifier(database), String.join(", ", recovery(recovery)));
    }

    private static String mark(Stop.Mark mark) {
        LocalDateTime after = mark.after();
        return (mark.within() ? "STOPATMARK = " : "STOPBEFOREMARK = ")
                + literal(mark.name())
                + (after == null ? "" : " AFTER " + literal(DATETIME.format(after)));
    }

    private static List<String> recovery(Recovery recovery) {
        return switch (recovery) {
            case Recovery.NoRecovery() -> List.of("NORECOVERY");
            case Recovery.Recover(Opening opening) ->
                Stream.concat(Stream.of("RECOVERY"), opening.options().stream()).toList();
            case Recovery.Standby(String undoFile) -> List.of("STANDBY = " + literal(undoFile));
        };
    }

    /// What SQL Server wrote down, not what it was asked for: it refuses CHECKSUM for a backup without them
    /// (3187), and verifies those that are there in any case.
    static boolean hasChecksums(BackupDocument backup) {
        SetFacts history = backup.history();
        return history != null && history.flag("has_backup_checksums");
    }
}
