package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.verify.VerifyReport;
import org.jspecify.annotations.Nullable;

/// A verification that a client asks for.
public final class TrackedVerification extends TrackedJob {

    private final BackupDocument backup;
    private final boolean withServer;
    private volatile @Nullable VerifyReport report;

    /// @param backup its entry, without the sums of a large backup: a job is remembered for long
    TrackedVerification(String id, BackupDocument backup, boolean withServer) {
        this.backup = backup;
        this.withServer = withServer;
        super(id);
    }

    BackupDocument backup() {
        return backup;
    }

    public String backupId() {
        return backup.backupId();
    }

    /// The database that the backup is of.
    @Override
    public String database() {
        return backup.database();
    }

    /// Whether SQL Server reads the backup too.
    public boolean withServer() {
        return withServer;
    }

    void found(VerifyReport what) {
        report = what;
    }

    /// Null until every byte was read.
    public @Nullable VerifyReport report() {
        return report;
    }
}
