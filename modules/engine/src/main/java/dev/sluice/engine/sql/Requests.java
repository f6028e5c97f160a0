package dev.sluice.engine.sql;

import java.util.List;

/// What runs on the server, as far as it is about one virtual device set.
public final class Requests {

    /// A BACKUP to the set, or what a session does that was opened for it.
    ///
    /// @param percent how far it is, as SQL Server estimates
    public record Running(int session, String command, double percent) {}

    private Requests() {}

    /// Every request that writes to the set, the asking one excepted: a session that Sluice opened for it, or a
    /// BACKUP that names it as a device. They are what `recover` may kill, so a request that merely speaks of
    /// the set, a query in msdb for one, is none.
    ///
    /// @param program   name that the session was opened under
    /// @param deviceSet the set's whole name
    public static List<Running> about(SqlSession session, String program, String deviceSet) {
        String device = Tsql.literal(deviceSet);
        return session.query("""
                        SELECT r.session_id, r.command, r.percent_complete, s.program_name, t.text
                        FROM sys.dm_exec_requests r
                        INNER JOIN sys.dm_exec_sessions s ON s.session_id = r.session_id
                        OUTER APPLY sys.dm_exec_sql_text(r.sql_handle) t
                        WHERE r.session_id <> @@SPID AND (s.program_name = ? OR t.text LIKE ? ESCAPE '!')
                        """, program, "%" + escaped(deviceSet) + "%").stream()
                // The server's collation has found them, and may take other names for the same.
                .filter(row -> program.equals(row.optionalText("program_name").orElse(""))
                        || (row.text("command").startsWith("BACKUP")
                                && namesDevice(row.optionalText("text").orElse(""), device)))
                .map(row -> new Running(
                        Math.toIntExact(row.number("session_id")),
                        row.text("command"),
                        row.optionalFraction("percent_complete").orElse(0)))
                .toList();
    }

    /// With or without the N in front: people's statements for the same set count.
    private static boolean namesDevice(String text, String device) {
        return text.contains(device.substring(1));
    }

    private static String escaped(String text) {
        return text.replaceAll("[!%_\\[]", "!$0");
    }

    /// Ends a session. It may take a while to be gone: SQL Server undoes what it did.
    public static void kill(SqlSession session, Running request) {
        session.execute("KILL " + request.session());
    }
}
