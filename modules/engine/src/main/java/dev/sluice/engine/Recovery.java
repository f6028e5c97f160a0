package dev.sluice.engine;

import dev.sluice.engine.RecoveryReport.Decision;
import dev.sluice.engine.RecoveryReport.Finding;
import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.BackupHistory;
import dev.sluice.engine.sql.Requests;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Witness;
import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.s3.catalog.BackupType;
import dev.sluice.s3.catalog.CatalogException;
import dev.sluice.s3.catalog.CatalogKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Brings bucket, catalog and SQL Server to agreement after a crash.
///
/// Every pending document is one backup whose end nobody saw. Under its database's lock, so that no run is at
/// work on it, and when nothing on the server names its devices any more, [Proof] decides: commit, delete, or
/// keep.
final class Recovery {

    private static final Logger log = LoggerFactory.getLogger(Recovery.class);
    private static final Duration ORPHANED_AFTER = Duration.ofDays(1);

    /// Rows come late by moments, or when somebody has repaired msdb; nobody reads the whole catalog for more.
    private static final Duration COMPLETED_WITHIN = Duration.ofDays(7);

    private static final Duration POLL = Duration.ofMillis(200);

    private final Environment env;
    private final Patience patience;

    /// How long a request whose client is gone may go on.
    ///
    /// @param untilKilled it ends by itself as soon as SQL Server notices
    /// @param afterKill   what SQL Server may take to undo it
    record Patience(Duration untilKilled, Duration afterKill) {
        static final Patience DEFAULT = new Patience(Duration.ofSeconds(15), Duration.ofSeconds(60));
    }

    Recovery(Environment env, Patience patience) {
        this.env = env;
        this.patience = patience;
    }

    RecoveryReport run() {
        List<Finding> findings = new ArrayList<>();
        try (SqlSession control = env.server().connect()) {
            Instant now = ServerFacts.read(control).now();
            Ownership ownership = Ownership.claim(env, control, now);
            List<BackupDocument> pendings =
                    env.catalog().pendings().collectList().blockOptional().orElse(List.of());
            for (BackupDocument pending : pendings) {
                decide(control, ownership, pending).ifPresent(finding -> {
                    log.atInfo()
                            .addKeyValue("backupId", pending.backupId())
                            .addKeyValue("decision", finding.decision())
                            .addKeyValue("proof", finding.proof())
                            .log("pending backup looked at");
                    findings.add(finding);
                });
            }
            findings.addAll(complete(control, now));
            return new RecoveryReport(findings, abortOrphans(pendings));
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, "any");
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
    }

    private Optional<Finding> decide(SqlSession control, Ownership ownership, BackupDocument listed) {
        String replica = ownership.otherReplica(listed);
        if (replica != null) {
            return Optional.of(finding(
                    listed,
                    Decision.ELSEWHERE,
                    "it was begun on replica %s, whose own Sluice decides".formatted(replica)));
        }
        String lock = BackupRun.lockName(env, listed.database(), listed.type() == BackupType.LOG);
        if (!AppLock.take(control, lock)) {
            return Optional.of(finding(listed, Decision.RUNNING, "another session holds its lock"));
        }
        try {
            // Its run may have ended between the listing and the lock.
            BackupDocument pending = env.catalog().pending(listed.backupId()).block();
            return pending == null ? Optional.empty() : Optional.of(decideLocked(control, pending));
        } finally {
            release(control, lock);
        }
    }

    private static void release(SqlSession control, String lock) {
        try {
            AppLock.release(control, lock);
        } catch (SqlServerUnavailable e) {
            // The session is gone, and the lock with it.
        }
    }

    private Finding decideLocked(SqlSession control, BackupDocument pending) {
        List<Requests.Running> running = waitFor(control, pending);
        if (!running.isEmpty()) {
            return finding(
                    pending,
                    Decision.RUNNING,
                    "session %d still runs %s for it, and was killed"
                            .formatted(
                                    running.getFirst().session(),
                                    running.getFirst().command()));
        }
        if (entry(pending).isPresent()) {
            env.catalog().deletePending(pending.backupId()).block();
            return finding(pending, Decision.COMMITTED, "its entry was in the catalog already");
        }
        Proof proof = proof(env, control, pending);
        return switch (proof) {
            case Proof.Good good -> {
                commit(control, pending, good);
                yield finding(pending, Decision.COMMITTED, good.text());
            }
            case Proof.Bad bad ->
                delete(control, pending)
                        ? finding(pending, Decision.DELETED, bad.text())
                        : finding(pending, Decision.UNCONFIRMED, "SQL Server stopped answering; nothing was deleted");
            case Proof.None none -> {
                keep(pending, none);
                yield finding(pending, Decision.UNCONFIRMED, none.text());
            }
        };
    }

    private static Finding finding(BackupDocument pending, Decision decision, String proof) {
        return new Finding(pending.backupId(), pending.database(), decision, proof);
    }

    /// Waits until nothing on the server names the set, and kills what does not end by itself: whoever sent it
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

    private static List<Requests.Running> poll(SqlSession control, BackupDocument pending, Duration limit) {
        long until = System.nanoTime() + limit.toNanos();
        List<Requests.Running> running = Requests.about(control, pending.deviceSet());
        while (!running.isEmpty() && System.nanoTime() < until) {
            LockSupport.parkNanos(POLL.toNanos());
            running = Requests.about(control, pending.deviceSet());
        }
        return running;
    }

    private Optional<CatalogKey> entry(BackupDocument pending) {
        return env.catalog()
                .list(pending.database())
                .filter(key -> key.backupId().equals(pending.backupId()))
                .next()
                .blockOptional();
    }

    /// What can be proved about a backup of which nothing runs any more.
    ///
    /// A document can outlive its data: a request that was on its way when its sender died may arrive behind the
    /// removal of both. And a log backup that came to nothing looks good once a later one has reached past its
    /// end. So nothing is called good of which there is not every byte.
    static Proof proof(Environment env, SqlSession control, BackupDocument pending) {
        Proof proof = Proof.of(evidence(control, pending));
        return proof instanceof Proof.Good good && !isStored(env, pending)
                ? new Proof.None(good.text() + ", but not all of its objects are in the bucket")
                : proof;
    }

    private static boolean isStored(Environment env, BackupDocument pending) {
        Map<String, Long> sizes = new HashMap<>();
        env.store()
                .list(env.catalog().keys().data(pending.database(), pending.backupId()))
                .toIterable()
                .forEach(object -> sizes.put(object.key(), object.bytes()));
        return pending.stripes().stream()
                .flatMap(stripe -> stripe.segments().stream())
                .allMatch(segment -> Long.valueOf(segment.bytes()).equals(sizes.get(segment.key())));
    }

    private static Proof.Evidence evidence(SqlSession control, BackupDocument pending) {
        Map<String, Object> row = history(control, pending.deviceSet());
        Witness now = Witness.read(control, pending.database()).orElse(null);
        Witness before =
                Witness.ofDocument(pending.inspected().get(Documents.BEFORE)).orElse(null);
        boolean intact = now != null && before != null && now.historyIsIntact(control, before);
        return new Proof.Evidence(pending, row, now, intact);
    }

    /// Empty also when msdb cannot be read: that proves nothing, as no absence does.
    private static Map<String, Object> history(SqlSession control, String deviceSet) {
        try {
            return BackupHistory.find(control, deviceSet).orElse(Map.of());
        } catch (SqlServerUnavailable e) {
            if (e.isUnreachable()) {
                throw e;
            }
            return Map.of();
        }
    }

    private void commit(SqlSession control, BackupDocument pending, Proof.Good proof) {
        BackupDocument committed = Documents.committed(
                pending, proof.text(), ServerFacts.read(control).now(), history(control, pending.deviceSet()));
        env.catalog()
                .commit(committed)
                .then(env.catalog().deletePending(pending.backupId()))
                .block();
    }

    private void keep(BackupDocument pending, Proof.None why) {
        BackupDocument kept = Documents.unconfirmed(pending, why.text());
        if (!kept.equals(pending)) {
            env.catalog().writePending(kept).block();
        }
    }

    /// @return false when the session that holds the lock stopped answering, and the rest was left
    private boolean delete(SqlSession control, BackupDocument pending) {
        String prefix = env.catalog().keys().data(pending.database(), pending.backupId());
        env.store()
                .uploads(prefix)
                .concatMap(upload -> env.store().abort(upload))
                .then()
                .block();
        List<ObjectInfo> objects =
                env.store().list(prefix).collectList().blockOptional().orElse(List.of());
        for (ObjectInfo object : objects) {
            if (!control.alive()) {
                return false;
            }
            env.store().delete(object.key()).block();
        }
        if (!control.alive()) {
            return false;
        }
        env.catalog().deletePending(pending.backupId()).block();
        return true;
    }

    // ---- entries that were written without msdb's word ----

    private List<Finding> complete(SqlSession control, Instant now) {
        List<Finding> completed = new ArrayList<>();
        List<CatalogKey> recent = env.catalog()
                .list()
                .filter(key -> key.startedAt().isAfter(now.minus(COMPLETED_WITHIN)))
                .collectList()
                .blockOptional()
                .orElse(List.of());
        for (CatalogKey key : recent) {
            BackupDocument document = read(key);
            if (document != null && document.msdb() == null) {
                Map<String, Object> row = history(control, document.deviceSet());
                if (!row.isEmpty()
                        && Proof.isAbout(row, StreamFacts.of(document).set())) {
                    env.catalog()
                            .amend(
                                    key,
                                    Documents.committed(
                                            document,
                                            document.verdict().proof(),
                                            document.finishedAt() == null ? now : document.finishedAt(),
                                            row))
                            .block();
                    completed.add(finding(document, Decision.COMPLETED, "msdb has its row now"));
                }
            }
        }
        return completed;
    }

    /// Null when it is gone, or not to be understood: that is for `list` to tell, not for this.
    private @Nullable BackupDocument read(CatalogKey key) {
        try {
            return env.catalog().read(key).block();
        } catch (CatalogException e) {
            log.atWarn().addKeyValue("key", key.key()).setCause(e).log("an entry could not be read");
            return null;
        }
    }

    // ---- uploads without a document ----

    /// Uploads that no pending document speaks for, and that are old enough not to be somebody's beginning.
    private int abortOrphans(List<BackupDocument> pendings) {
        List<String> spokenFor = pendings.stream()
                .map(pending -> env.catalog().keys().data(pending.database(), pending.backupId()))
                .toList();
        Long count = env.store()
                .abortOlderThan(
                        env.catalog().keys().data(),
                        ORPHANED_AFTER,
                        upload -> spokenFor.stream().noneMatch(upload.key()::startsWith))
                .count()
                .onErrorResume(S3Failure.class, e -> {
                    log.atWarn().setCause(e).log("old uploads could not be looked for");
                    return Mono.just(0L);
                })
                .block();
        return count == null ? 0 : Math.toIntExact(count);
    }
}
