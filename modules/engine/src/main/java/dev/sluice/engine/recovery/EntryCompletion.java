package dev.sluice.engine.recovery;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.bucket.LockedEntry;
import dev.sluice.engine.bucket.ProcessState;
import dev.sluice.engine.bucket.RefusedRemovals;
import dev.sluice.engine.recovery.RecoveryReport.Decision;
import dev.sluice.engine.recovery.RecoveryReport.Finding;
import dev.sluice.engine.run.BackupLock;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.SqlSession;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Entries that were written without msdb's word, and what it says by now.
final class EntryCompletion {

    /// Rows come late by moments, or when a person has repaired msdb; for more, the whole
    /// catalog would have to be read.
    private static final Duration WITHIN = Duration.ofDays(7);

    private static final int DOCUMENTS_AT_ONCE = 16;

    private final Environment env;
    private final Blocking blocking;
    private final SqlSession control;
    private final ProcessState processState;
    private final RefusedRemovals refused;

    /// @param refused hears of entries that cannot be read, or not be replaced
    EntryCompletion(
            Environment env,
            Blocking blocking,
            SqlSession control,
            ProcessState processState,
            RefusedRemovals refused) {
        this.env = env;
        this.blocking = blocking;
        this.control = control;
        this.processState = processState;
        this.refused = refused;
    }

    /// An entry as it was read.
    private record Read(CatalogKey key, BackupDocument document) {}

    List<Finding> run(Instant now) {
        List<CatalogKey> all;
        long listed = processState.now();
        try {
            all = blocking.readAll(env.catalog().list());
        } catch (CatalogException e) {
            refused.add(String.valueOf(e.getMessage()));
            return List.of();
        }
        processState.confirmChains(all, listed);
        List<CatalogKey> recent = all.stream()
                .filter(key -> key.startedAt().isAfter(now.minus(WITHIN)))
                .toList();
        processState.retain(recent);
        List<Read> unknown = blocking.readAll(Flux.fromIterable(recent)
                .filter(key -> !processState.isComplete(key))
                .flatMapSequential(this::read, DOCUMENTS_AT_ONCE));
        List<Finding> completed = new ArrayList<>();
        for (Read one : unknown) {
            blocking.throwIfCancelled();
            if (one.document().history() != null) {
                processState.complete(one.key());
            } else if (complete(one, now)) {
                completed.add(new Finding(
                        one.document().backupId(),
                        one.document().database(),
                        Decision.COMPLETED,
                        "msdb has its row now"));
            }
        }
        return completed;
    }

    /// Nothing when it is gone, or cannot be read.
    private Mono<Read> read(CatalogKey key) {
        return env.catalog().read(key, this::unreadable).map(document -> new Read(key, document));
    }

    private void unreadable(CatalogException e) {
        refused.add(String.valueOf(e.getMessage()));
    }

    /// Under the lock that a join and a prune take, and from the entry as it is then: one of them may have
    /// replaced it, or removed it. When another session has the lock, it is done the next time.
    private boolean complete(Read read, Instant now) {
        BackupDocument document = read.document();
        SetFacts row = CrashRecovery.history(control, document.deviceSet());
        String lock = BackupLock.name(env, document.database(), document.type() == BackupType.LOG);
        if (row.isEmpty() || !Proof.isAbout(row, document.stream().set()) || !AppLock.take(control, lock)) {
            return false;
        }
        try {
            // With what it carries of its sums, because it is written again.
            BackupDocument current = Blocking.uncancellably(env.catalog().stored(read.key(), this::unreadable))
                    .orElse(null);
            if (current == null || current.history() != null) {
                return false;
            }
            return Blocking.uncancellably(new LockedEntry(env, refused).amend(read.key(), completed(current, now, row)))
                    .isPresent();
        } finally {
            CrashRecovery.release(control, lock);
        }
    }

    private static BackupDocument completed(BackupDocument document, Instant now, SetFacts row) {
        @Nullable Instant finished = document.finishedAt();
        // An entry that was made from data may have been waiting for exactly this.
        String proof = document.verdict().outcome() == BackupDocument.Outcome.GOOD
                ? document.verdict().proof()
                : "msdb has its row";
        return VerdictDocument.committed(document, proof, finished == null ? now : finished, row);
    }
}
