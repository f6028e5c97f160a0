package dev.sluice.engine.sql;

import java.util.List;

/// What runs on the server, as far as it is about one virtual device set.
public final class Requests {

    /// A request that names the set, by its text or by the name that its session was opened under.
    ///
    /// @param percent how far it is, as SQL Server estimates
    public record Running(int session, String command, double percent) {}

    private Requests() {}

    /// Every request about the set, the asking one excepted.
    public static List<Running> about(SqlSession session, String deviceSet) {
        String pattern = "%" + deviceSet + "%";
        return session.query("""
                        SELECT r.session_id, r.command, r.percent_complete
                        FROM sys.dm_exec_requests r
                        INNER JOIN sys.dm_exec_sessions s ON s.session_id = r.session_id
                        OUTER APPLY sys.dm_exec_sql_text(r.sql_handle) t
                        WHERE r.session_id <> @@SPID AND (s.program_name LIKE ? OR t.text LIKE ?)
                        """, pattern, pattern).stream()
                .map(row -> new Running(
                        row.get("session_id") instanceof Number id ? id.intValue() : 0,
                        String.valueOf(row.get("command")),
                        row.get("percent_complete") instanceof Number percent ? percent.doubleValue() : 0))
                .toList();
    }

    /// Ends a session. It may take a while to be gone: SQL Server undoes what it did.
    public static void kill(SqlSession session, Running request) {
        session.execute("KILL " + request.session());
    }
}
