package dev.sluice.engine.prove;

import dev.sluice.engine.recovery.Leftover;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.S3Failure;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Drops the scratch databases that drills have left on the server when their process ended. While a drill runs
/// on the server it does nothing: that drill does it.
public final class ScratchRemovalRun extends Run<ScratchRemovalRun.Result> {

    private static final Logger log = LoggerFactory.getLogger(ScratchRemovalRun.class);

    private final Environment env;

    /// @param refused why notes cannot be read, a sentence each
    public record Result(List<Leftover> leftovers, List<String> refused) {
        public Result {
            leftovers = List.copyOf(leftovers);
            refused = List.copyOf(refused);
        }
    }

    public ScratchRemovalRun(Environment env) {
        super("sluice-scratch");
        this.env = env;
    }

    @Override
    protected Result steps() {
        try (SqlSession control = env.server().connect();
                DrillLock lock = DrillLock.tryTake(control).orElse(null)) {
            if (lock == null) {
                return new Result(List.of(), List.of());
            }
            List<String> refused = new CopyOnWriteArrayList<>();
            List<Leftover> leftovers = new ScratchDatabases(env, blocking()).dropLeftovers(refused::add);
            refused.forEach(why -> log.atWarn().addKeyValue("cause", why).log("something is left in the bucket"));
            return new Result(leftovers, refused);
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, "any");
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
    }
}
