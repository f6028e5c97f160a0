package dev.sluice.engine;

import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.BackupHistory;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.s3.catalog.BackupDocument.Outcome;
import dev.sluice.s3.catalog.BackupType;
import dev.sluice.s3.catalog.Keys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Brings bucket, catalog and SQL Server to agreement after a crash.
///
/// Every pending document is one backup whose end nobody saw. What is done about it rests on proof alone:
///
/// - a row in msdb for its virtual device proves it good: it is committed;
/// - a document that does not describe all stripes proves that SQL Server was never told that they are durable,
///   and so cannot have called the backup good: what is stored of it is deleted, once no request for it runs any
///   more;
/// - without proof it stays, listed as unconfirmed, and restorable.
final class Recovery {

    private static final Logger log = LoggerFactory.getLogger(Recovery.class);
    private static final Duration ORPHANED_AFTER = Duration.ofDays(1);

    private final Environment env;

    Recovery(Environment env) {
        this.env = env;
    }

    RecoveryReport run() {
        List<RecoveryReport.Finding> findings = new ArrayList<>();
        try (SqlSession control = env.server().connect()) {
            List<BackupDocument> pendings =
                    env.catalog().pendings().collectList().blockOptional().orElse(List.of());
            for (BackupDocument pending : pendings) {
                RecoveryReport.Finding finding = decide(control, pending);
                log.atInfo()
                        .addKeyValue("backupId", pending.backupId())
                        .addKeyValue("decision", finding.decision())
                        .log("pending backup looked at");
                findings.add(finding);
            }
            return new RecoveryReport(findings, abortOrphans(pendings));
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, "any");
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
    }

    private RecoveryReport.Finding decide(SqlSession control, BackupDocument pending) {
        String kind = pending.type() == BackupType.LOG ? "log" : "data";
        String lock = "sluice:%s:%s:%s".formatted(env.identity(), Keys.database(pending.database()), kind);
        // Also our own lock: the session keeps it, and two pending backups of one database share it.
        if (!AppLock.take(control, lock)) {
            return new RecoveryReport.Finding(
                    pending.backupId(),
                    pending.database(),
                    RecoveryReport.Decision.RUNNING,
                    "another session holds its lock");
        }
        boolean described = !pending.stripes().isEmpty();
        Map<String, Object> row =
                BackupHistory.find(control, pending.deviceSet()).orElse(Map.of());
        if (described && !row.isEmpty()) {
            commit(control, pending, row);
            return new RecoveryReport.Finding(
                    pending.backupId(), pending.database(), RecoveryReport.Decision.COMMITTED, "msdb has its row");
        }
        if (!described && row.isEmpty()) {
            delete(pending);
            return new RecoveryReport.Finding(
                    pending.backupId(),
                    pending.database(),
                    RecoveryReport.Decision.DELETED,
                    "SQL Server was never told that it is durable");
        }
        return new RecoveryReport.Finding(
                pending.backupId(),
                pending.database(),
                RecoveryReport.Decision.UNCONFIRMED,
                described
                        ? "msdb has no row, which proves nothing"
                        : "msdb has a row, but not all stripes are described");
    }

    private void commit(SqlSession control, BackupDocument pending, Map<String, Object> row) {
        BackupDocument committed = Documents.with(
                pending,
                ServerFacts.read(control).now(),
                new BackupDocument.Verdict(Outcome.GOOD, "row in msdb, found by recover"),
                BackupHistory.lsn(row, "first_lsn"),
                BackupHistory.lsn(row, "last_lsn"),
                pending.stripes(),
                pending.inspected(),
                row);
        env.catalog()
                .commit(committed)
                .then(env.catalog().deletePending(pending.backupId()))
                .block();
    }

    private void delete(BackupDocument pending) {
        String prefix = env.catalog().keys().data(pending.database(), pending.backupId());
        env.store()
                .uploads(prefix)
                .concatMap(upload -> env.store().abort(upload))
                .thenMany(env.store().list(prefix))
                .concatMap(object -> env.store().delete(object.key()))
                .then(env.catalog().deletePending(pending.backupId()))
                .block();
    }

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
