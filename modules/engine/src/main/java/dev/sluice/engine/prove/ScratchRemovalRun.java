package dev.sluice.engine.prove;

import dev.sluice.engine.recovery.Leftover;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.S3Failure;
import java.util.List;

/// Drops the scratch databases that drills have left on the server when their process ended. While a drill runs
/// on the server it does nothing: that drill does it.
public final class ScratchRemovalRun extends Run<List<Leftover>> {

    private final Environment env;

    public ScratchRemovalRun(Environment env) {
        super("sluice-scratch");
        this.env = env;
    }

    @Override
    protected List<Leftover> steps() {
        try (SqlSession control = env.server().connect();
                DrillLock lock = DrillLock.tryTake(control).orElse(null)) {
            return lock == null ? List.of() : new ScratchDatabases(env, blocking()).dropLeftovers();
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, "any");
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
    }
}
