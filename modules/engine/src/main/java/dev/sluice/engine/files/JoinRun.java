package dev.sluice.engine.files;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.HoldDocument;
import dev.sluice.catalog.Origin;
import dev.sluice.catalog.SumsObject;
import dev.sluice.engine.bucket.Downloads;
import dev.sluice.engine.bucket.ObjectMetadata;
import dev.sluice.engine.bucket.Ownership;
import dev.sluice.engine.run.BackupLock;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.StoredSegment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;

/// Makes one object of each stripe that rolled over into several, by copies inside the bucket.
///
/// In this order, so that the catalog names at every moment what can be restored: the new objects, the entry,
/// and only then the segments go. A crash in between leaves objects that no document lists below the backup's own
/// prefix; they go with it. The copies, which may take long, hold up no backup; the rest is done under the locks
/// that backups and a prune of the database take. A restore that is reading the segments when they go fails,
/// and can be begun again.
public final class JoinRun extends Run<JoinResult> {

    private final Environment env;
    private final BackupDocument backup;

    public JoinRun(Environment env, BackupDocument backup) {
        super("sluice-join-" + backup.backupId());
        this.env = env;
        this.backup = backup;
    }

    @Override
    protected JoinResult steps() {
        if (backup.origin() == Origin.ADOPTED) {
            throw notOurs();
        }
        try {
            entry();
            // Before copies that may take hours; by SQL Server's clock it is asked again after them.
            requireNoHold(Instant.now());
            List<BackupDocument.Stripe> stripes = new ArrayList<>();
            List<BackupDocument.Segment> replaced = new ArrayList<>();
            int joined = 0;
            for (BackupDocument.Stripe stripe : backup.stripes()) {
                if (stripe.segments().size() < 2) {
                    stripes.add(stripe);
                    continue;
                }
                stripes.add(join(stripe));
                replaced.addAll(stripe.segments());
                joined++;
            }
            if (joined == 0) {
                return new JoinResult(backup, 0);
            }
            try (SqlSession control = env.server().connect()) {
                Instant now = ServerFacts.read(control).now();
                Ownership.claim(env, blocking(), control, now);
                BackupLock.take(control, env, backup.database(), false);
                BackupLock.take(control, env, backup.database(), true);
                requireNoHold(now);
                return new JoinResult(replace(stripes, replaced), joined);
            }
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, backup.database());
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CatalogException e) {
            throw Failures.catalog(e, env);
        }
    }

    /// A hold may have locked the segments, which would go, and not the objects that take their place. Its
    /// document does not tell of every lock, so each hold in force counts.
    private void requireNoHold(Instant now) {
        List<CatalogException> unreadable = new CopyOnWriteArrayList<>();
        for (HoldDocument hold : blocking().readAll(env.catalog().holds().all(unreadable::add))) {
            if (hold.isInForce(now) && hold.backups().contains(backup.backupId())) {
                throw new OperationFailed(
                        FailureId.HELD,
                        "Backup %s is not joined: the hold of %s keeps it and the locks of its objects (%s)"
                                .formatted(backup.backupId(), hold.backupId(), hold.text()),
                        "object " + env.store().config().prefix()
                                + env.catalog().keys().hold(hold.backupId()),
                        "Leave it as it is: restore, verify and fetch read its segments one after the other. Or `sluice release %s`, join, and hold again."
                                .formatted(hold.backupId()),
                        null);
            }
        }
        if (!unreadable.isEmpty()) {
            throw unreadable.getFirst(); // it may be about this backup
        }
    }

    /// Under the locks that a prune and backups take: what was copied meanwhile may have been removed, or
    /// amended.
    private BackupDocument replace(List<BackupDocument.Stripe> stripes, List<BackupDocument.Segment> replaced) {
        CatalogKey entry = entry();
        BackupDocument now =
                blocking().read(env.catalog().read(entry)).orElseThrow(() -> Failures.removedMeanwhile(backup, env));
        if (!now.stripes().equals(backup.stripes())) {
            throw Failures.busy(backup.database(), "data", env);
        }
        BackupDocument document = now.withStripes(stripes);
        throwIfCancelled();
        Blocking.uncancellably(env.catalog().amend(entry, document));
        for (BackupDocument.Segment segment : replaced) {
            Blocking.uncancellably(env.store().delete(segment.key()));
        }
        SumsObject sums = now.sums();
        if (sums != null) {
            Blocking.uncancellably(env.store().delete(sums.key()));
        }
        return document;
    }

    /// What another program has stored is read, and neither changed nor deleted.
    private OperationFailed notOurs() {
        return new OperationFailed(
                FailureId.CANNOT_JOIN,
                "Backup %s was taken by another program, whose objects Sluice leaves as they are"
                        .formatted(backup.backupId()),
                Failures.where(env, backup.database()),
                "Restore, verify and fetch read its segments one after the other.",
                null);
    }

    /// Looked up again: the backup may have been removed since the document was read.
    private CatalogKey entry() {
        List<CatalogKey> entries = blocking()
                .readAll(env.catalog()
                        .list(backup.database())
                        .filter(entry -> entry.backupId().equals(backup.backupId())));
        if (entries.size() != 1) {
            throw new OperationFailed(
                    FailureId.NOT_IN_CATALOG,
                    String.format(
                            Locale.ROOT, "The catalog has %d entries of backup %s", entries.size(), backup.backupId()),
                    "the catalog",
                    "Look with `sluice list`; `sluice recover` tidies up what a crash has left.",
                    null);
        }
        return entries.getFirst();
    }

    private BackupDocument.Stripe join(BackupDocument.Stripe stripe) {
        String key = env.catalog().keys().joined(backup.database(), backup.backupId(), stripe.index());
        var _ = Downloads.sources(stripe); // one without sums cannot be described when it is joined
        List<StoredSegment> segments =
                stripe.segments().stream().map(BackupDocument.Segment::stored).toList();
        ObjectOptions options = env.storage()
                .objects(backup)
                .withMetadata(ObjectMetadata.of(
                        backup, stripe.index(), backup.stripes().size()));
        try {
            StoredSegment whole = blocking().take(env.store().join(segments, key, options), _ -> {});
            return new BackupDocument.Stripe(stripe.index(), List.of(BackupDocument.Segment.of(whole)));
        } catch (CancellationException e) {
            // What a cancel aborts by itself is not waited for, and the process may end with the run.
            Blocking.uncancellably(env.store().abortAll(key).onErrorComplete(S3Failure.class));
            throw e;
        } catch (IllegalArgumentException e) {
            throw new OperationFailed(
                    FailureId.CANNOT_JOIN,
                    String.valueOf(e.getMessage()),
                    "stripe " + stripe.index(),
                    "Leave it as it is: restore, verify and fetch read segments one after the other. Nothing was changed.",
                    e);
        }
    }
}
