package dev.sluice.engine;

import dev.sluice.catalog.BackupDocument;

/// One question to SQL Server about one backup.
final class ListingRun extends Run<Listing> {

    private final Environment env;
    private final BackupDocument backup;
    private final Listing.Kind kind;
    private final String runId;
    private final Observer observer;

    ListingRun(Environment env, BackupDocument backup, Listing.Kind kind, String runId, Observer observer) {
        super("sluice-listing-" + runId);
        this.env = env;
        this.backup = backup;
        this.kind = kind;
        this.runId = runId;
        this.observer = observer;
    }

    @Override
    Listing steps() {
        return new ServerListing(env, this, runId, observer).ask(backup, kind);
    }
}
