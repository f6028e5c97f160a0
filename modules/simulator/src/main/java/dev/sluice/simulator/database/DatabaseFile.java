package dev.sluice.simulator.database;

import dev.sluice.mtf.BackupFile;
import java.util.List;

/// A file of a database, as in `sys.master_files`.
public record DatabaseFile(int id, BackupFile.Kind kind, String logicalName, String physicalName) {

    /// The most UTF-16 units that a `sysname` has.
    public static final int SYSNAME = 128;

    private static final String LOG = "_log";
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
    ///
    /// A logical name is a `sysname`, so where the database's own name is nearly as long as one can be, that of
    /// the log is made of its beginning. How SQL Server itself shortens it is not documented.
    public static List<DatabaseFile> defaults(String database) {
        String log = beginning(database, SYSNAME - LOG.length()) + LOG;
        return List.of(
                new DatabaseFile(1, BackupFile.Kind.DATA, beginning(database, SYSNAME), FOLDER + database + ".mdf"),
                new DatabaseFile(2, BackupFile.Kind.LOG, log, FOLDER + database + LOG + ".ldf"));
    }

    /// Never half of a pair of surrogates.
    private static String beginning(String name, int longest) {
        if (name.length() <= longest) {
            return name;
        }
        return name.substring(0, Character.isHighSurrogate(name.charAt(longest - 1)) ? longest - 1 : longest);
    }
}
