package dev.sluice.engine.sql;

import java.util.ArrayList;
import java.util.List;

/// How full the logs of all databases are, in one question to SQL Server's performance counters, which are
/// kept in memory: no database is opened for it.
///
/// **Source:** Microsoft's public documents of `sys.dm_os_performance_counters` and of the object
/// "Databases"; its counter is a whole number of percent. `sys.dm_db_log_space_usage` would have to be asked
/// in each database.
public final class LogSpace {

    private final SqlServer server;

    public LogSpace(SqlServer server) {
        this.server = server;
    }

    /// A database's log.
    ///
    /// @param database  its name
    /// @param percent   used, of the file as large as it is now: a file that can grow is not at its end at 100
    /// @param reuseWait `log_reuse_wait_desc`: what keeps the log from being truncated
    public record Usage(String database, int percent, String reuseWait) {}

    /// Of every database that SQL Server counts; empty where it keeps no counters.
    ///
    /// **Errors:** as [SqlServer#connect()] and [SqlSession#query].
    public List<Usage> all() {
        // Both columns of the counters are padded with blanks.
        String question = """
                SELECT d.name, d.log_reuse_wait_desc, c.cntr_value FROM sys.dm_os_performance_counters c
                INNER JOIN sys.databases d ON d.name = RTRIM(c.instance_name)
                WHERE RTRIM(c.counter_name) = N'Percent Log Used'
                """;
        try (SqlSession session = server.connect()) {
            List<Usage> all = new ArrayList<>();
            for (Row row : session.query(question)) {
                all.add(new Usage(
                        row.text("name"),
                        (int) row.number("cntr_value"),
                        row.optionalText("log_reuse_wait_desc").orElse("")));
            }
            return all;
        }
    }
}
