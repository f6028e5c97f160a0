package dev.sluice.simulator.database;

import dev.sluice.mtf.BackupFile;
import java.util.List;

/// A file of a database, as in `sys.master_files`.
public record DatabaseFile(int id, BackupFile.Kind kind, String logicalName, String physicalName) {

    private static final String FOLDER = "/var/opt/mssql/data/";

    /// What a file has that was added; its pages are never written to.
    private static final long ADDED_BYTES = 8 << 20;

    public boolean isLog() {
        return kind == BackupFile.Kind.LOG;
    }

    /// Whether it is the one that holds the database's pages.
    public boolean isPrimary() {
        return id == 1;
    }

    /// @param database that it is of
    public long bytes(Database database) {
        return isLog()
                ? database.logUsage().capacity() * LogBytes.RECORD
                : isPrimary() ? database.dataBytes() : ADDED_BYTES;
    }

    /// A data file and a log file, named after the database and placed where SQL Server places them by default.
    public static List<DatabaseFile> defaults(String database) {
        return List.of(
                new DatabaseFile(1, BackupFile.Kind.DATA, database, FOLDER + database + ".mdf"),
                new DatabaseFile(2, BackupFile.Kind.LOG, database + "_log", FOLDER + database + "_log.ldf"));
    }
}
