package dev.sluice.simulator.server;

import static dev.sluice.simulator.tds.SqlType.SMALLINT;

import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.tds.ResponseSink;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/// `DBCC TRACEON`, `TRACEOFF` and `TRACESTATUS`. Every number is taken, as a real server takes it; only
/// [#NO_BACKUP_HISTORY] does anything. Global flags end with the server's process.
///
/// **Threading:** any thread.
///
/// **Source:** the documentation of the three statements; flag 3001 is in none, and administrators know it all the
/// same.
final class TraceFlags {

    /// Backups leave no rows in msdb.
    static final int NO_BACKUP_HISTORY = 3001;

    private static final int EVERYWHERE = -1;

    private final Set<Integer> global = new ConcurrentSkipListSet<>();

    boolean isOn(int flag, Session session) {
        return global.contains(flag) || session.traceFlags().contains(flag);
    }

    void clear() {
        global.clear();
    }

    /// @param numbers flags, and perhaps -1
    /// @param quiet   WITH NO_INFOMSGS
    void run(String command, List<Integer> numbers, boolean quiet, Session session, ResponseSink out) {
        Set<Integer> flags = new TreeSet<>(numbers);
        boolean everywhere = flags.remove(EVERYWHERE);
        switch (command) {
            case "TRACEON", "TRACEOFF" -> {
                if (!session.login().sysadmin()) {
                    throw new SqlFailure(SqlMessage.of(
                            2571,
                            14,
                            "User '%s' does not have permission to run DBCC %s."
                                    .formatted(session.login().name(), command)));
                }
                if (flags.isEmpty() || flags.stream().anyMatch(flag -> flag <= 0)) {
                    throw SqlFailure.error(2560, "Parameter 1 is incorrect for this DBCC statement.");
                }
                Set<Integer> scope = everywhere ? global : session.traceFlags();
                if (command.equals("TRACEON")) {
                    scope.addAll(flags);
                } else {
                    scope.removeAll(flags);
                }
            }
            case "TRACESTATUS" -> tell(flags, session, out);
            default ->
                throw SqlFailure.error(
                        2526,
                        "Incorrect DBCC statement. Check the documentation for the correct DBCC syntax and options.");
        }
        if (!quiet) {
            out.message(SqlMessage.info(
                    2528,
                    "DBCC execution completed. If DBCC printed error messages, contact your system administrator."));
        }
        out.done();
    }

    /// One row for each flag that was asked for, or for all that are on.
    private void tell(Set<Integer> asked, Session session, ResponseSink out) {
        Set<Integer> flags = new TreeSet<>(asked);
        if (flags.isEmpty()) {
            flags.addAll(global);
            flags.addAll(session.traceFlags());
        }
        Set<Integer> own = session.traceFlags();
        Relation table = Relation.of(flags)
                .column("TraceFlag", SMALLINT, flag -> flag)
                .column("Status", SMALLINT, flag -> bit(global.contains(flag) || own.contains(flag)))
                .column("Global", SMALLINT, flag -> bit(global.contains(flag)))
                .column("Session", SMALLINT, flag -> bit(own.contains(flag)))
                .build();
        out.resultSet(table.columns());
        for (@Nullable Object[] row : table.rows()) {
            out.row(row);
        }
    }

    private static int bit(boolean value) {
        return value ? 1 : 0;
    }
}
