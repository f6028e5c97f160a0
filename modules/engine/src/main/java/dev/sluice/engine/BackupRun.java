package dev.sluice.engine;

import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.BackupHistory;
import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.mtf.inspect.StreamInspector;
import dev.sluice.s3.Admission;
import dev.sluice.s3.PartPlan;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.StripeUpload;
import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.s3.catalog.BackupType;
import dev.sluice.s3.catalog.CatalogKey;
import dev.sluice.s3.catalog.Keys;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.reactor.DeviceSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// One backup: pending document, BACKUP, bytes, verdict, catalog entry, in this order.
///
/// The pending document exists from before the first byte until after the entry, so whatever is found after a
/// crash has a document that says what it is. The verdict decides what becomes of the bytes: good commits them,
/// bad deletes them, unknown leaves them to `recover`. A run that never told SQL Server that everything is durable
/// may delete in any case: SQL Server cannot have called such a backup good.
final class BackupRun extends Run<BackupResult> {

    private static final Logger log = LoggerFactory.getLogger(BackupRun.class);

    private final Environment env;
    private final BackupRequest request;
    private final Observer observer;
    private final String backupId;
    private final String deviceSet;
    private final Progress progress;

    BackupRun(Environment env, BackupRequest request, String backupId, Observer observer) {
        super("sluice-backup-" + backupId);
        this.env = env;
        this.request = request;
        this.observer = observer;
        this.backupId = backupId;
        this.deviceSet = "sluice-" + backupId;
        this.progress = new Progress(request.stripes());
    }

    @Override
    BackupResult steps() {
        try (SqlSession control = env.server().connect()) {
            ServerFacts facts = check(control);
            lock(control);
            long estimate = estimate(control);
            progress.expects(estimate);
            PartPlan plan = PartPlan.forStripe(
                    estimate / request.stripes(),
                    env.transfer().maxTransferSize(),
                    env.budget().capacity() / request.stripes());
            observer.queued();
            try (Admission memory = admit(env, request.stripes(), plan.memoryPerStripe())) {
                throwIfCancelled();
                BackupDocument pending = Documents.pending(env, request, backupId, deviceSet, facts);
                return transfer(control, memory, plan, pending);
            }
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, request.database());
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
    }

    private ServerFacts check(SqlSession control) {
        ServerFacts facts = ServerFacts.read(control);
        String state = ServerFacts.databaseState(control, request.database())
                .orElseThrow(() -> Failures.noSuchDatabase(request.database(), env));
        if (!state.equals("ONLINE") && request.type() != BackupType.LOG) {
            throw Failures.notOnline(request.database(), state, env);
        }
        return facts;
    }

    /// Data backups exclude data backups, log backups exclude log backups, and a log backup runs beside a full
    /// one.
    private void lock(SqlSession control) {
        String kind = request.type() == BackupType.LOG ? "log" : "data";
        String name = "sluice:%s:%s:%s".formatted(env.identity(), Keys.database(request.database()), kind);
        if (!AppLock.take(control, name)) {
            throw Failures.busy(request.database(), kind, env);
        }
    }

    private long estimate(SqlSession control) {
        if (request.type() == BackupType.LOG) {
            return 0;
        }
        return ServerFacts.dataBytes(control, request.database());
    }

    private BackupResult transfer(SqlSession control, Admission memory, PartPlan plan, BackupDocument pending) {
        CommitPoint commitPoint = new CommitPoint(
                request.stripes(), segments -> env.catalog().writePending(Documents.described(pending, segments)));
        List<StripeUpload> uploads = IntStream.range(0, request.stripes())
                .mapToObj(i -> env.store()
                        .upload(
                                memory.stripe(i),
                                plan,
                                segment -> env.catalog().keys().data(request.database(), backupId, i + 1, segment)))
                .toList();
        List<StreamInspector> inspectors = IntStream.range(0, request.stripes())
                .mapToObj(_ -> StreamInspector.structureOnly())
                .toList();
        Outcome outcome;
        try {
            env.catalog().writePending(pending).block();
            outcome = stream(commitPoint, uploads, inspectors);
        } catch (RuntimeException e) {
            // Nothing was sent to SQL Server, or what was sent has ended without a verdict and without our consent.
            discard(control, uploads, e);
            throw e;
        }
        return switch (outcome.verdict()) {
            case Verdict.Good good -> commit(control, good, commitPoint, uploads, inspectors, pending);
            case Verdict.Bad bad -> {
                OperationFailed failure = failure(outcome, bad);
                discard(control, uploads, failure);
                throw failure;
            }
            case Verdict.Unknown unknown
            when !commitPoint.passed() -> {
                OperationFailed failure = failure(outcome, unknown);
                discard(control, uploads, failure);
                throw failure;
            }
            case Verdict.Unknown unknown -> throw Failures.unconfirmed(backupId, unknown, env, request.database());
        };
    }

    /// @param failure why a stripe could not go on; null when all could
    private record Outcome(Verdict verdict, @Nullable Throwable failure, boolean attached) {}

    private Outcome stream(CommitPoint commitPoint, List<StripeUpload> uploads, List<StreamInspector> inspectors) {
        List<String> devices = BackupStatement.names(deviceSet, request.stripes());
        DeviceSet set = DeviceSet.create(
                        env.deviceSets(),
                        devices,
                        VDConfig.request(request.stripes(), Features.LIKE_PIPE.with(Feature.REQUEST_COMPLETE)))
                .block();
        if (set == null) {
            throw new IllegalStateException("a created device set is never nothing");
        }
        try {
            throwIfCancelled();
            DeviceWork work = working(new DeviceWork(set));
            RunningStatement statement = RunningStatement.start(
                    env.server().connect(),
                    "sluice-tsql-" + backupId,
                    BackupStatement.of(request, devices, env.transfer(), backupId, description()),
                    this::heard);
            DeviceSet.Opened opened = work.open(statement);
            if (opened == null) {
                Verdict verdict = work.await(statement, List.of(), () -> true);
                return new Outcome(verdict, work.failure(), false);
            }
            warnWithoutComplete(opened.config());
            List<StripeReceiver> receivers = subscribe(opened, commitPoint, uploads, inspectors, work);
            observer.streaming(backupId, progress);
            List<CompletableFuture<Void>> ended =
                    receivers.stream().map(StripeReceiver::ended).toList();
            Verdict verdict = work.await(statement, ended, commitPoint::cancel);
            return new Outcome(verdict, work.failure(), true);
        } finally {
            set.close().block();
        }
    }

    private List<StripeReceiver> subscribe(
            DeviceSet.Opened opened,
            CommitPoint commitPoint,
            List<StripeUpload> uploads,
            List<StreamInspector> inspectors,
            DeviceWork work) {
        List<StripeReceiver> receivers = new ArrayList<>();
        for (int i = 0; i < request.stripes(); i++) {
            receivers.add(new StripeReceiver(
                    i,
                    uploads.get(i),
                    inspectors.get(i),
                    commitPoint,
                    progress,
                    opened.config().maxTransferSize(),
                    failure -> {
                        work.fail(failure);
                        receivers.forEach(StripeReceiver::failing);
                    }));
        }
        for (int i = 0; i < receivers.size(); i++) {
            opened.devices().get(i).subscribe(receivers.get(i));
        }
        return receivers;
    }

    private void warnWithoutComplete(VDConfig config) {
        if (!config.features().has(Feature.COMPLETE_ENABLED)) {
            log.atWarn()
                    .addKeyValue("backupId", backupId)
                    .log("SQL Server does not send VDC_Complete; its last Flush carries the promise instead");
        }
    }

    private String description() {
        return "Taken by Sluice %s into bucket %s as %s"
                .formatted(env.version(), env.store().config().bucket(), backupId);
    }

    private void heard(ServerMessage message) {
        if (message.number() == ServerMessage.PERCENT) {
            Percent.of(message.text()).ifPresent(progress::percent);
        }
        observer.said(message);
    }

    private BackupResult commit(
            SqlSession control,
            Verdict.Good good,
            CommitPoint commitPoint,
            List<StripeUpload> uploads,
            List<StreamInspector> inspectors,
            BackupDocument pending) {
        observer.committing();
        if (!commitPoint.passed()) {
            // A server that never asked for durability has called the backup good without our word. Give it now.
            flushAll(commitPoint, uploads);
        }
        Map<String, Object> history = history(control);
        BackupDocument document = Documents.committed(
                Documents.described(pending, commitPoint.described()),
                good,
                ServerFacts.read(control).now(),
                inspectors.stream().map(StreamInspector::report).toList(),
                history);
        // Nothing cancels here: SQL Server may have truncated its log on the strength of this backup.
        CatalogKey key = env.catalog().commit(document).blockOptional().orElseThrow();
        try {
            env.catalog().deletePending(backupId).block();
        } catch (S3Failure e) {
            // The entry is there: recover finds both and deletes the pending document.
            log.atWarn()
                    .addKeyValue("backupId", backupId)
                    .addKeyValue("cause", e.getMessage())
                    .log("the pending document was left behind");
        }
        log.atInfo()
                .addKeyValue("backupId", backupId)
                .addKeyValue("database", request.database())
                .addKeyValue("bytes", document.bytes())
                .log("backup stored");
        return new BackupResult(document, key, progress.seconds(), history.isEmpty());
    }

    private static void flushAll(CommitPoint commitPoint, List<StripeUpload> uploads) {
        for (int i = 0; i < uploads.size(); i++) {
            int stripe = i;
            uploads.get(i)
                    .flush()
                    .flatMap(segments -> commitPoint.durable(stripe, segments))
                    .block();
        }
    }

    /// msdb may be unreadable, late or switched off; the backup is good all the same, and completed later.
    private Map<String, Object> history(SqlSession control) {
        try {
            return BackupHistory.find(control, deviceSet).orElse(Map.of());
        } catch (SqlServerUnavailable e) {
            log.atWarn()
                    .addKeyValue("backupId", backupId)
                    .addKeyValue("cause", e.getMessage())
                    .log("msdb could not be read");
            return Map.of();
        }
    }

    private OperationFailed failure(Outcome outcome, Verdict verdict) {
        if (isCancelled()) {
            return Failures.cancelled(backupId, verdict);
        }
        return switch (outcome.failure()) {
            case S3Failure store -> Failures.store(store, verdict.messages());
            case null -> Failures.refused(request.database(), verdict, env);
            case Throwable other -> Failures.refused(request.database(), verdict, env, other);
        };
    }

    /// Removes what this run has stored. Only while the session answers that holds the lock: without it, another
    /// sidecar may have taken over, and `recover` is the one to decide.
    private void discard(SqlSession control, List<StripeUpload> uploads, Throwable cause) {
        try {
            Mono.whenDelayError(uploads.stream().map(StripeUpload::abort).toList())
                    .block();
            if (!control.alive()) {
                log.atWarn().addKeyValue("backupId", backupId).log("left to recover: the control connection is gone");
                return;
            }
            String prefix = env.catalog().keys().data(request.database(), backupId);
            env.store()
                    .list(prefix)
                    .concatMap(object -> env.store().delete(object.key()))
                    .then(env.catalog().deletePending(backupId))
                    .block();
        } catch (RuntimeException e) {
            // The failure that counts is the one that led here; what is left has its pending document.
            cause.addSuppressed(e);
            log.atWarn()
                    .addKeyValue("backupId", backupId)
                    .addKeyValue("cause", e.getMessage())
                    .log("left to recover");
        }
        if (!(cause instanceof CancellationException)) {
            log.atInfo().addKeyValue("backupId", backupId).log("backup failed");
        }
    }
}
