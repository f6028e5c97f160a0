package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.verify.VerifyOutcome;
import dev.sluice.engine.verify.VerifyReport;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A verification: of one backup that a client has named, or of one or more of a database's that a policy wants
/// to be read again, one after the other.
public final class TrackedVerification extends TrackedJob {

    private final String database;
    private final @Nullable BackupDocument named;
    private final boolean withServer;
    private volatile String backupId;
    private volatile @Nullable VerifyOutcome outcome;
    private final AtomicInteger sound = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private volatile boolean damageKnown;

    /// @param backup its entry, without the sums of a large backup: a job is remembered for long
    TrackedVerification(String id, BackupDocument backup, boolean withServer) {
        this.database = backup.database();
        this.named = backup;
        this.withServer = withServer;
        this.backupId = backup.backupId();
        super(id);
    }

    /// As a policy asks for it.
    ///
    /// @param first the backup that it begins with
    TrackedVerification(String id, String database, String first) {
        this.database = database;
        this.named = null;
        this.withServer = false;
        this.backupId = first;
        super(id);
    }

    /// The backup that a client has named.
    BackupDocument named() {
        return Objects.requireNonNull(named, "a policy names none");
    }

    /// Whether a policy asks for it, rather than a client.
    public boolean isOfPolicy() {
        return named == null;
    }

    /// The backup at hand; when the job is over, the last one.
    public String backupId() {
        return backupId;
    }

    /// The database that the backup is of.
    @Override
    public String database() {
        return database;
    }

    /// Whether SQL Server reads the backup too.
    public boolean withServer() {
        return withServer;
    }

    void reads(String backup) {
        backupId = backup;
        outcome = null;
    }

    void found(VerifyOutcome what) {
        outcome = what;
        bytes.addAndGet(what.report().bytes());
        if (what.report().sound()) {
            sound.incrementAndGet();
        }
    }

    /// Of the backup at hand; null until every byte was read.
    public @Nullable VerifyReport report() {
        VerifyOutcome known = outcome;
        return known == null ? null : known.report();
    }

    /// As [#report], with its end.
    @Nullable
    VerifyOutcome outcome() {
        return outcome;
    }

    /// Backups that were read whole and found sound.
    int sound() {
        return sound.get();
    }

    /// Of all backups that were read whole.
    long bytes() {
        return bytes.get();
    }

    void damageIsKnown() {
        damageKnown = true;
    }

    /// Whether a backup of the database is damaged by its last verification, although this job may have ended
    /// well: then the trouble is not over.
    public boolean isDamageKnown() {
        return damageKnown;
    }
}
