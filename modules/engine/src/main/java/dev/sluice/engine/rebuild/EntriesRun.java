package dev.sluice.engine.rebuild;

import dev.sluice.catalog.CatalogException;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.Run;
import dev.sluice.s3.S3Failure;
import java.util.List;
import java.util.function.Function;

/// Makes entries from data, as a run that can be cancelled: what was written by then stays, and is right.
public final class EntriesRun extends Run<EntriesReport> {

    private final Environment env;
    private final Function<Blocking, EntriesReport> work;

    /// @param work is given how to wait, and what tells it of a cancel
    public EntriesRun(Environment env, String name, Function<Blocking, EntriesReport> work) {
        super("sluice-" + name);
        this.env = env;
        this.work = work;
    }

    @Override
    protected EntriesReport steps() {
        try {
            return work.apply(blocking());
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CatalogException e) {
            throw Failures.catalog(e, env);
        }
    }
}
