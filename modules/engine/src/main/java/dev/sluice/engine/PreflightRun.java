package dev.sluice.engine;

import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.S3Failure;
import java.util.List;
import java.util.function.Function;

/// What a restore would do, without doing it.
final class PreflightRun<T> extends Run<T> {

    private final Environment env;
    private final RestoreRequest request;
    private final String runId;
    private final Function<RestorePreflight, T> question;

    PreflightRun(Environment env, RestoreRequest request, String runId, Function<RestorePreflight, T> question) {
        super("sluice-preflight-" + runId);
        this.env = env;
        this.request = request;
        this.runId = runId;
        this.question = question;
    }

    @Override
    T steps() {
        ServerListing listing = new ServerListing(env, this, runId, Observer.SILENT);
        try (SqlSession control = env.server().connect()) {
            return question.apply(new RestorePreflight(env, request, control, listing::files));
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, request.database());
        } catch (S3Failure e) {
            throw RestoreFailures.store(e, List.of());
        }
    }
}
