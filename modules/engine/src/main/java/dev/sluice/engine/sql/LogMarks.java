package dev.sluice.engine.sql;

import dev.sluice.mtf.Lsn;
import java.time.LocalDateTime;
import java.util.List;

/// Marks of transactions (`BEGIN TRANSACTION … WITH MARK`), as the server remembers them.
public final class LogMarks {

    /// @param at  by the server's local time
    /// @param lsn of the mark's record in the log
    public record Mark(LocalDateTime at, Lsn lsn) {}

    private LogMarks() {}

    /// Those of this name in a database's log that msdb knows, the earliest first: of logs that were written on
    /// this server, as long as their history was not deleted.
    public static List<Mark> of(SqlSession session, String database, String name) {
        return session
                .query(
                        "SELECT mark_time, lsn FROM msdb.dbo.logmarkhistory"
                                + " WHERE database_name = ? AND mark_name = ? ORDER BY mark_time",
                        database,
                        name)
                .stream()
                .map(row -> new Mark(row.time("mark_time"), Lsn.ofDecimal(row.lsn("lsn"))))
                .toList();
    }
}
