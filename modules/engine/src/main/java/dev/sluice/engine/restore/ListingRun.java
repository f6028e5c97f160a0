package dev.sluice.engine.restore;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.run.RunObserver;

/// One question to SQL Server about one backup.
public final class ListingRun extends Run<Listing> {

    private final Environment env;
    private final BackupDocument backup;
    private final Listing.Kind kind;
    private final String runId;
    private final RunObserver observer;

    public ListingRun(Environment env, BackupDocument backup, Listing.Kind kind, String runId, RunObserver observer) {
        super("sluice-listing-" + runId);
        this.env = env;
        this.backup = backup;
        this.kind = kind;
        this.runId = runId;
        this.observer = observer;
    }

    @Override
    protected Listing steps() {
        return new ServerListing(env, this, runId, observer).ask(backup, kind);
    }
}
