package dev.sluice.simulator.database;

import dev.sluice.mtf.BackupFile;
import java.util.List;

/// A file of a database, as in `sys.master_files`.
public record DatabaseFile(int id, BackupFile.Kind kind, String logicalName, String physicalName) {

    private static final String FOLDER = "/var/opt/mssql/data/";

    public boolean isLog() {
        return kind == BackupFile.Kind.LOG;
    }

    /// A data file and a log file, named after the database and placed where SQL Server places them by default.
    public static List<DatabaseFile> defaults(String database) {
        return List.of(
                new DatabaseFile(1, BackupFile.Kind.DATA, database, FOLDER + database + ".mdf"),
                new DatabaseFile(2, BackupFile.Kind.LOG, database + "_log", FOLDER + database + "_log.ldf"));
    }
}
