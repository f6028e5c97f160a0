package dev.sluice.engine.prove;

import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import java.time.Duration;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// SQL Server's application lock that a drill or self-test holds for as long as it runs: there is one at a time
/// on a server, and a scratch database is dropped by its own drill alone while that lives.
///
/// **Ownership:** the caller that takes it closes it, before the session.
public final class DrillLock implements AutoCloseable {

    private static final String NAME = "sluice:prove";

    /// SQL Server takes a moment to end the session of a process that has been killed, and the lock with it.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration POLL = Duration.ofMillis(250);

    private final SqlSession control;

    private DrillLock(SqlSession control) {
        this.control = control;
    }

    /// Takes the lock at once, or not.
    static Optional<DrillLock> tryTake(SqlSession control) {
        return AppLock.take(control, NAME) ? Optional.of(new DrillLock(control)) : Optional.empty();
    }

    /// **Errors:** [OperationFailed] `busy` when another session keeps it.
    public static DrillLock take(SqlSession control, Environment env, Blocking blocking) {
        for (long left = PATIENCE.dividedBy(POLL); left > 0; left--) {
            Optional<DrillLock> taken = tryTake(control);
            if (taken.isPresent()) {
                return taken.get();
            }
            blocking.read(Mono.delay(POLL));
        }
        throw new OperationFailed(
                FailureId.BUSY,
                "Another restore drill or self-test runs on this server",
                env.server().address(),
                "Wait for it: there is one at a time. Its session has the application lock %s.".formatted(NAME),
                null);
    }

    /// Closing the session alone would release it a moment later, and the next drill could meet it.
    @Override
    public void close() {
        try {
            AppLock.release(control, NAME);
        } catch (SqlServerUnavailable e) {
            // The session is gone, and the lock with it.
        }
    }
}
