package dev.sluice.simulator.server;

import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.query.Values;
import dev.sluice.simulator.tds.ResponseSink;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// `DBCC CHECKDB`: finds the pages that [Database#damagePage] has damaged, each with an error of its own.
///
/// **Source:** as [Errors]. Our references do not describe the statement, so clients should rely on the severity of
/// messages alone.
final class ConsistencyCheck {

    static final String COMMAND = "CHECKDB";

    /// Messages from this severity on are errors.
    private static final int ERROR = 16;

    private final Session session;
    private final Instance instance;
    private final ResponseSink out;

    ConsistencyCheck(Session session, Instance instance, ResponseSink out) {
        this.session = session;
        this.instance = instance;
        this.out = out;
    }

    /// @param arguments the database's name or id; the session's database without it
    /// @param quiet     whether a database without errors leads to no message at all
    void run(List<@Nullable Object> arguments, boolean quiet) {
        Database database = database(arguments);
        if (!session.login().sysadmin()) {
            throw new SqlFailure(SqlMessage.of(
                    7983,
                    14,
                    "User '%s' does not have permission to run DBCC checkdb for database '%s'."
                            .formatted(session.login().name(), database.name())));
        }
        if (database.state() == Database.State.RESTORING) {
            throw Errors.inMiddleOfRestore(database.name());
        }
        List<Long> damaged = database.damagedPages();
        for (long page : damaged) {
            out.message(SqlMessage.of(
                    8939,
                    ERROR,
                    String.format(
                            Locale.ROOT,
                            "Table error: Object ID 0, index ID -1, partition ID 0, alloc unit ID 0 (type Unknown), page (1:%d). Test (m_headerVersion == HEADER_7_0) failed. Values are 0 and 1.",
                            page)));
        }
        if (!damaged.isEmpty() || !quiet) {
            out.message(SqlMessage.info(
                    8989,
                    String.format(
                            Locale.ROOT,
                            "CHECKDB found 0 allocation errors and %d consistency errors in database '%s'.",
                            damaged.size(),
                            database.name())));
        }
        if (!quiet) {
            out.message(SqlMessage.info(
                    2528,
                    "DBCC execution completed. If DBCC printed error messages, contact your system administrator."));
        }
        session.lastError(damaged.isEmpty() ? 0 : 8939);
        out.done();
    }

    private Database database(List<@Nullable Object> arguments) {
        if (arguments.size() > 1) {
            throw SqlFailure.error(
                    2526, "Incorrect DBCC statement. Check the documentation for the correct DBCC syntax and options.");
        }
        return switch (arguments.isEmpty() ? session.database() : arguments.getFirst()) {
            case Number id ->
                instance.databases().all().stream()
                        .filter(database -> database.id() == id.intValue())
                        .findFirst()
                        .orElseThrow(() -> Errors.noDatabase(id.toString()));
            case null -> throw SqlFailure.error(2560, "Parameter 1 is incorrect for this DBCC statement.");
            case Object name -> instance.database(Values.text(name, 0));
        };
    }
}
