package dev.sluice.sidecar.serve;

import dev.sluice.catalog.DrillDocument;
import org.jspecify.annotations.Nullable;

/// A restore drill that a policy asks for.
public final class TrackedDrill extends TrackedJob {

    private final String database;
    private volatile @Nullable DrillDocument document;

    TrackedDrill(String id, String database) {
        this.database = database;
        super(id);
    }

    /// The database whose backups are restored.
    @Override
    public String database() {
        return database;
    }

    void found(DrillDocument what) {
        document = what;
    }

    /// The backup that the restore began with; null before that is known, and when there was none.
    public @Nullable String backupId() {
        DrillDocument found = document;
        return found == null ? null : found.base();
    }

    /// What it has found out; null before that, and when it has ended without.
    public @Nullable DrillDocument document() {
        return document;
    }
}
