package dev.sluice.engine.sql;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How full the logs of all databases are, in one question to SQL Server's performance counters, which are
/// kept in memory: no database is opened for it.
///
/// **Source:** Microsoft's public documents of `sys.dm_os_performance_counters` and of the object
/// "Databases": whole numbers of percent and of KB. `sys.dm_db_log_space_usage` would have to be asked
/// in each database.
public final class LogSpace {

    private static final String PERCENT = "Percent Log Used";
    private static final String USED = "Log File(s) Used Size (KB)";
    private static final String SIZE = "Log File(s) Size (KB)";

    private final SqlServer server;

    public LogSpace(SqlServer server) {
        this.server = server;
    }

    /// A database's log.
    ///
    /// @param database      its name
    /// @param percent       used, of the file as large as it is now: a file that can grow is not at its end at 100
    /// @param usedKilobytes of 1,024 bytes each; 0 where SQL Server does not say
    /// @param sizeKilobytes of the file as it is now; 0 where SQL Server does not say
    /// @param reuseWait     `log_reuse_wait_desc`: what keeps the log from being truncated
    public record Usage(String database, int percent, long usedKilobytes, long sizeKilobytes, String reuseWait) {

        private Usage with(String counter, long value) {
            return switch (counter) {
                case PERCENT -> new Usage(database, (int) value, usedKilobytes, sizeKilobytes, reuseWait);
                case USED -> new Usage(database, percent, value, sizeKilobytes, reuseWait);
                case SIZE -> new Usage(database, percent, usedKilobytes, value, reuseWait);
                default -> this;
            };
        }
    }

    /// Of every database that SQL Server counts, but tempdb, snapshots and the scratch databases of restore drills,
    /// which have no backups; empty where it keeps no counters.
    ///
    /// **Errors:** as [SqlServer#connect()] and [SqlSession#query].
    public List<Usage> all() {
        // Both texts of the counters are padded with blanks.
        String question = """
                SELECT d.name, d.source_database_id, d.log_reuse_wait_desc, c.counter_name, c.cntr_value
                FROM sys.dm_os_performance_counters c
                INNER JOIN sys.databases d ON d.name = RTRIM(c.instance_name)
                WHERE RTRIM(c.counter_name) IN
                (N'Percent Log Used', N'Log File(s) Used Size (KB)', N'Log File(s) Size (KB)')
                """;
        try (SqlSession session = server.connect()) {
            Map<String, Usage> all = new LinkedHashMap<>();
            for (Row row : session.query(question)) {
                String name = row.text("name");
                if (!row.isNull("source_database_id") || name.equals("tempdb") || ScratchName.is(name)) {
                    continue;
                }
                Usage before = all.getOrDefault(
                        name,
                        new Usage(
                                name,
                                0,
                                0,
                                0,
                                row.optionalText("log_reuse_wait_desc").orElse("")));
                all.put(name, before.with(row.text("counter_name").strip(), row.number("cntr_value")));
            }
            return List.copyOf(all.values());
        }
    }
}
