package dev.sluice.engine.restore;

import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.S3Failure;
import java.util.List;
import java.util.function.Function;

/// What a restore would do, without doing it.
public final class PreflightRun<T> extends Run<T> {

    private final Environment env;
    private final RestoreRequest request;
    private final String runId;
    private final Function<RestorePreflight, T> question;

    /// Everything that can be known to fail about the restore.
    public static PreflightRun<RestoreCheck> check(Environment env, RestoreRequest request, String runId) {
        return new PreflightRun<>(
                env, request, runId, preflight -> preflight.check().check());
    }

    /// The restore as T-SQL alone.
    public static PreflightRun<String> script(
            Environment env, RestoreRequest request, String runId, RestoreScript.Source source) {
        return new PreflightRun<>(
                env, request, runId, preflight -> RestoreScript.of(request, preflight.placement(), source));
    }

    private PreflightRun(
            Environment env, RestoreRequest request, String runId, Function<RestorePreflight, T> question) {
        super("sluice-preflight-" + runId);
        this.env = env;
        this.request = request;
        this.runId = runId;
        this.question = question;
    }

    @Override
    protected T steps() {
        ServerListing listing = new ServerListing(env, this, runId, RunObserver.SILENT);
        try (SqlSession control = env.server().connect()) {
            return question.apply(new RestorePreflight(env, blocking(), request, control, listing::files));
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, request.database());
        } catch (S3Failure e) {
            throw RestoreFailures.store(e, List.of());
        }
    }
}
