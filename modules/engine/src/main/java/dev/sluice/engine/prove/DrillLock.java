package dev.sluice.engine.prove;

import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.SqlSession;

/// SQL Server's application lock that a drill holds for as long as it runs: there is one drill at a time on a
/// server, and a scratch database is dropped by its own drill alone while that lives.
final class DrillLock {

    private static final String NAME = "sluice:prove";

    private DrillLock() {}

    /// Takes the lock, for as long as the session lives, or not.
    static boolean isFree(SqlSession control) {
        return AppLock.take(control, NAME);
    }

    /// **Errors:** [OperationFailed] `busy` when another session has it.
    static void take(SqlSession control, Environment env) {
        if (!isFree(control)) {
            throw new OperationFailed(
                    FailureId.BUSY,
                    "Another restore drill runs on this server",
                    env.server().address(),
                    "Wait for it: there is one at a time. Its session has the application lock %s.".formatted(NAME),
                    null);
        }
    }
}
