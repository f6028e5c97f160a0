package dev.sluice.engine.recovery;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.bucket.Ownership;
import dev.sluice.engine.bucket.ProcessState;
import dev.sluice.engine.bucket.RefusedRemovals;
import dev.sluice.engine.bucket.StoredObjects;
import dev.sluice.engine.recovery.RecoveryReport.Decision;
import dev.sluice.engine.recovery.RecoveryReport.Finding;
import dev.sluice.engine.run.BackupLock;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.DeviceNames;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.BackupHistory;
import dev.sluice.engine.sql.LastBackups;
import dev.sluice.engine.sql.Requests;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.Mono;

/// Brings bucket, catalog and SQL Server to agreement after a crash.
///
/// Every pending document is one backup whose verdict was lost. Under its database's lock, so that no run is at
/// work on it, and when nothing on the server names its devices any more, [Proof] decides: commit, delete, or
/// keep. A cancel ends it while it reads or waits, before the next decision. What is decided is done: no cancel
/// ends it halfway.
public final class CrashRecovery extends Run<RecoveryReport> {

    private static final Logger log = LoggerFactory.getLogger(CrashRecovery.class);
    private static final Duration ORPHANED_AFTER = Duration.ofDays(1);

    private static final Duration POLL = Duration.ofMillis(200);

    private final Environment env;
    private final Patience patience;
    private final ProcessState processState;

    /// How long a request whose client is gone may go on.
    ///
    /// @param untilKilled it ends by itself as soon as SQL Server notices
    /// @param afterKill   what SQL Server may take to undo it
    public record Patience(Duration untilKilled, Duration afterKill) {
        public static final Patience DEFAULT = new Patience(Duration.ofSeconds(15), Duration.ofSeconds(60));
    }

    public CrashRecovery(Environment env, Patience patience, ProcessState processState) {
        super("sluice-recover");
        this.env = env;
        this.patience = patience;
        this.processState = processState;
    }

    @Override
    protected RecoveryReport steps() {
        List<Finding> findings = new ArrayList<>();
        try (SqlSession control = env.server().connect()) {
            Instant now = ServerFacts.read(control).now();
            Ownership ownership = Ownership.claim(env, blocking(), processState, control, now);
            RefusedRemovals refused = new RefusedRemovals();
            Optional<List<String>> ids = pendingIds(refused);
            for (String id : ids.orElse(List.of())) {
                throwIfCancelled();
                look(control, ownership, id).ifPresent(finding -> {
                    log.atLevel(finding.decision().isOfTheBucket() ? Level.WARN : Level.INFO)
                            .addKeyValue("backupId", id)
                            .addKeyValue("decision", finding.decision())
                            .addKeyValue("proof", finding.proof())
                            .log("pending backup looked at");
                    findings.add(finding);
                });
            }
            findings.addAll(new EntryCompletion(env, blocking(), control, processState, refused).run(now));
            // Without the list of pending documents, no upload can be told to belong to none of them.
            int orphans = ids.map(known -> abortOrphans(known, refused)).orElse(0);
            refused.told()
                    .forEach(why -> log.atWarn().addKeyValue("cause", why).log("something is left in the bucket"));
            return new RecoveryReport(findings, orphans, refused.told(), List.of());
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, "any");
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CatalogException e) {
            throw Failures.catalog(e, env);
        }
    }

    /// Empty when they cannot be listed, which is not the same as none.
    private Optional<List<String>> pendingIds(RefusedRemovals refused) {
        try {
            return Optional.of(blocking().readAll(env.catalog().pendingIds()));
        } catch (CatalogException e) {
            refused.add(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    /// One that cannot be understood, or that the bucket refuses something of, holds up none of the others.
    private Optional<Finding> look(SqlSession control, Ownership ownership, String id) {
        String database = "unknown";
        try {
            BackupDocument listed = blocking().read(env.catalog().pending(id)).orElse(null);
            if (listed == null) {
                return Optional.empty();
            }
            database = listed.database();
            return decide(control, ownership, listed);
        } catch (CatalogException e) {
            return Optional.of(new Finding(id, database, Decision.UNREADABLE, String.valueOf(e.getMessage())));
        } catch (S3Failure e) {
            if (!e.kind().isOfObject()) {
                throw e;
            }
            return Optional.of(new Finding(id, database, Decision.REFUSED, String.valueOf(e.getMessage())));
        }
    }

    private Optional<Finding> decide(SqlSession control, Ownership ownership, BackupDocument listed) {
        if (processState.isRunning(listed.backupId())) {
            return Optional.of(finding(listed, Decision.RUNNING, "this process is at work on it"));
        }
        String replica = ownership.otherReplica(listed);
        if (replica != null) {
            return Optional.of(finding(
                    listed,
                    Decision.ELSEWHERE,
                    "it was begun on replica %s, whose own Sluice decides".formatted(replica)));
        }
        String lock = BackupLock.name(env, listed.database(), listed.type() == BackupType.LOG);
        if (!AppLock.take(control, lock)) {
            return Optional.of(finding(listed, Decision.RUNNING, "another session holds its lock"));
        }
        try {
            return decideLocked(control, listed);
        } finally {
            release(control, lock);
        }
    }

    static void release(SqlSession control, String lock) {
        try {
            AppLock.release(control, lock);
        } catch (SqlServerUnavailable e) {
            // The session is gone, and the lock with it.
        }
    }

    private Optional<Finding> decideLocked(SqlSession control, BackupDocument listed) {
        List<Requests.Running> running = waitFor(control, listed);
        if (!running.isEmpty()) {
            return Optional.of(finding(
                    listed,
                    Decision.RUNNING,
                    String.format(
                            Locale.ROOT,
                            "session %d still runs %s for it, and was killed",
                            running.getFirst().session(),
                            running.getFirst().command())));
        }
        // As it is now: its run may have ended since the listing. Or it lives, and has lost the session with its
        // lock alone; then SQL Server may have been told meanwhile that everything is durable.
        BackupDocument pending =
                blocking().read(env.catalog().pending(listed.backupId())).orElse(null);
        if (pending == null) {
            return Optional.empty();
        }
        if (entry(pending).isPresent()) {
            return Optional.of(
                    drop(pending, Decision.COMMITTED, "its entry was in the catalog already", new RefusedRemovals()));
        }
        Proof proof = processState.isRejected(pending.backupId())
                ? new Proof.Bad("it came to nothing while this process looked on, and could not be removed then")
                : proof(env, blocking(), control, pending);
        return Optional.of(
                switch (proof) {
                    case Proof.Good good -> {
                        commit(control, pending, good);
                        yield drop(pending, Decision.COMMITTED, good.text(), new RefusedRemovals());
                    }
                    case Proof.Bad bad -> delete(control, pending, bad);
                    case Proof.None none -> {
                        keep(pending, none);
                        yield finding(pending, Decision.UNCONFIRMED, none.text());
                    }
                });
    }

    /// Deletes the document of a backup that is decided about.
    ///
    /// @param left of it already
    private Finding drop(BackupDocument pending, Decision decision, String proof, RefusedRemovals left) {
        Blocking.uncancellably(left.unlessRefused(env.catalog().deletePending(pending.backupId())));
        return finding(pending, decision, proof, left);
    }

    private static Finding finding(BackupDocument pending, Decision decision, String proof, RefusedRemovals left) {
        return left.isEmpty()
                ? finding(pending, decision, proof)
                : finding(
                        pending,
                        Decision.LEFT_OVER,
                        "%s (%s); left behind: %s".formatted(decision, proof, String.join("; ", left.told())));
    }

    private static Finding finding(BackupDocument pending, Decision decision, String proof) {
        return new Finding(pending.backupId(), pending.database(), decision, proof);
    }

    /// Waits until nothing on the server names the set, and kills what does not end by itself: its sender
    /// is gone, or would hold the lock.
    ///
    /// @return what still runs after all patience
    private List<Requests.Running> waitFor(SqlSession control, BackupDocument pending) {
        List<Requests.Running> running = poll(control, pending, patience.untilKilled());
        for (Requests.Running request : running) {
            log.atWarn()
                    .addKeyValue("backupId", pending.backupId())
                    .addKeyValue("session", request.session())
                    .log("killing what is left of a backup");
            kill(control, request);
        }
        return running.isEmpty() ? running : poll(control, pending, patience.afterKill());
    }

    private static void kill(SqlSession control, Requests.Running request) {
        try {
            Requests.kill(control, request);
        } catch (SqlServerUnavailable e) {
            if (e.isUnreachable()) {
                throw e;
            }
            // 6106 and the like: it has ended by itself meanwhile. If not, the next look at it shows that.
        }
    }

    private List<Requests.Running> poll(SqlSession control, BackupDocument pending, Duration limit) {
        long until = System.nanoTime() + limit.toNanos();
        String set = BackupDocument.deviceSet(pending.backupId());
        String program = DeviceNames.program(set);
        List<Requests.Running> running = Requests.about(control, program, set);
        while (!running.isEmpty() && System.nanoTime() < until) {
            throwIfCancelled();
            LockSupport.parkNanos(POLL.toNanos());
            running = Requests.about(control, program, set);
        }
        return running;
    }

    private Optional<CatalogKey> entry(BackupDocument pending) {
        return blocking()
                .read(env.catalog()
                        .list(pending.database())
                        .filter(key -> key.backupId().equals(pending.backupId()))
                        .next());
    }

    /// What can be proved about a backup of which nothing runs any more.
    ///
    /// A document can outlive its data: a request that was on its way when its sender died may arrive behind the
    /// removal of both. And a log backup that came to nothing looks good once a later one has reached past its
    /// end. So nothing is called good of which there is not every byte.
    public static Proof proof(Environment env, Blocking blocking, SqlSession control, BackupDocument pending) {
        Proof proof = Proof.of(evidence(control, pending));
        return proof instanceof Proof.Good good
                        && !StoredObjects.of(env, blocking, pending)
                                .missing(pending)
                                .isEmpty()
                ? new Proof.None(good.text() + ", but not all of its objects are in the bucket")
                : proof;
    }

    /// Why SQL Server may rely on a backup that it has called bad when everything was durable; empty when it
    /// does not. Who does not answer may rely on it.
    public static Optional<String> reliance(SqlSession control, BackupDocument pending) {
        try {
            SetFacts row = history(control, pending.deviceSet());
            LastBackups now = LastBackups.read(control, pending.database()).orElse(null);
            return Proof.reliance(new Proof.Evidence(pending, row, now, false));
        } catch (SqlServerUnavailable e) {
            return Optional.of("it is not known whether SQL Server relies on it: " + e.getMessage());
        }
    }

    private static Proof.Evidence evidence(SqlSession control, BackupDocument pending) {
        SetFacts row = history(control, pending.deviceSet());
        LastBackups now = LastBackups.read(control, pending.database()).orElse(null);
        LastBackups before = LastBackups.before(pending).orElse(null);
        boolean intact = now != null && before != null && now.historyIsIntact(control, before);
        return new Proof.Evidence(pending, row, now, intact);
    }

    /// Empty also when msdb cannot be read: that proves nothing, as no absence does.
    static SetFacts history(SqlSession control, String deviceSet) {
        try {
            return BackupHistory.find(control, deviceSet).orElse(SetFacts.NONE);
        } catch (SqlServerUnavailable e) {
            if (e.isUnreachable()) {
                throw e;
            }
            return SetFacts.NONE;
        }
    }

    private void commit(SqlSession control, BackupDocument pending, Proof.Good proof) {
        BackupDocument committed = VerdictDocument.committed(
                pending, proof.text(), ServerFacts.read(control).now(), history(control, pending.deviceSet()));
        Blocking.uncancellably(env.catalog().commit(committed));
    }

    private void keep(BackupDocument pending, Proof.None why) {
        BackupDocument kept = VerdictDocument.unconfirmed(pending, why.text());
        if (!kept.equals(pending)) {
            Blocking.uncancellably(env.catalog().writePending(kept));
        }
    }

    /// An upload that may not be aborted is never an object, so it keeps nothing from going; `left` tells of
    /// it, and the look for old uploads comes by again. The document stays as long as there is data that it
    /// speaks for.
    private Finding delete(SqlSession control, BackupDocument pending, Proof.Bad bad) {
        String prefix = env.catalog().keys().data(pending.database(), pending.backupId());
        RefusedRemovals left = new RefusedRemovals();
        Blocking.uncancellably(left.unlessRefused(env.store()
                .uploads(prefix)
                .concatMap(upload -> left.unlessRefused(env.store().abort(upload)))
                .then()));
        List<ObjectInfo> objects = Blocking.uncancellably(env.store().list(prefix));
        RefusedRemovals data = new RefusedRemovals();
        for (ObjectInfo object : objects) {
            if (!control.alive()) {
                return stoppedAnswering(pending);
            }
            Blocking.uncancellably(data.unlessRefused(env.store().delete(object.key())));
        }
        if (!control.alive()) {
            return stoppedAnswering(pending);
        }
        if (!data.isEmpty()) {
            data.told().forEach(left::add);
            return finding(pending, Decision.DELETED, bad.text(), left);
        }
        Finding deleted = drop(pending, Decision.DELETED, bad.text(), left);
        processState.removed(pending.backupId());
        return deleted;
    }

    private static Finding stoppedAnswering(BackupDocument pending) {
        return finding(pending, Decision.UNCONFIRMED, "SQL Server stopped answering; nothing was deleted");
    }

    // ---- uploads without a document ----

    /// Uploads that no pending document speaks for, and that are old enough not to be another sidecar's
    /// beginning. A cancel may leave some of them for the next time.
    private int abortOrphans(List<String> pendings, RefusedRemovals refused) {
        return blocking()
                .read(env.store()
                        .abortOlderThan(
                                env.catalog().keys().data(),
                                ORPHANED_AFTER,
                                upload -> pendings.stream()
                                        .noneMatch(id -> upload.key().contains("/" + id + "/")),
                                e -> refused.add("An old upload could not be aborted: " + e.getMessage()))
                        .count()
                        .onErrorResume(S3Failure.class, e -> {
                            refused.add("Old uploads could not be looked for: " + e.getMessage());
                            return Mono.just(0L);
                        }))
                .map(Math::toIntExact)
                .orElse(0);
    }
}
