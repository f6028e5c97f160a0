package dev.sluice.engine.backup;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.engine.bucket.ObjectMetadata;
import dev.sluice.engine.bucket.Ownership;
import dev.sluice.engine.bucket.ProcessState;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.chain.ChainGuard;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.recovery.CrashRecovery;
import dev.sluice.engine.run.BackupLock;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.DeviceNames;
import dev.sluice.engine.run.DeviceWork;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.LogBackupReserve;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Percent;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.sql.DatabaseFacts;
import dev.sluice.engine.sql.LastBackups;
import dev.sluice.engine.sql.LogSize;
import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.s3.Admission;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.PartPlan;
import dev.sluice.s3.S3Failure;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.reactor.DeviceSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One backup: pending document, BACKUP, bytes, verdict, catalog entry, in this order.
///
/// The pending document exists from before the first byte until after the entry, so everything that is found
/// after a crash has a document that says what it is. The verdict decides what becomes of the bytes: good commits them,
/// bad deletes them, unknown leaves them to `recover`. A run that never told SQL Server that everything is
/// durable may delete in any case: SQL Server cannot have called such a backup good.
public final class BackupRun extends Run<BackupResult> {

    private static final Logger log = LoggerFactory.getLogger(BackupRun.class);

    private final Environment env;
    private final ProcessState processState;
    private final RunObserver observer;
    private final String backupId;
    private final String deviceSet;
    private RunProgress progress;
    private BackupRequest request;

    public BackupRun(
            Environment env, ProcessState processState, BackupRequest request, String backupId, RunObserver observer) {
        super("sluice-backup-" + backupId);
        this.env = env;
        this.processState = processState;
        this.request = request;
        this.observer = observer;
        this.backupId = backupId;
        this.deviceSet = BackupDocument.deviceSet(backupId);
        this.progress = new RunProgress(request.stripes());
    }

    @Override
    protected BackupResult steps() {
        processState.began(backupId);
        try {
            return locked();
        } finally {
            processState.ended(backupId);
        }
    }

    private BackupResult locked() {
        try (SqlSession control = env.server().connect()) {
            ServerFacts server = ServerFacts.read(control);
            DatabaseFacts database = database(control);
            BackupPreconditions.check(request, server, database, env);
            Ownership ownership = Ownership.known(env, blocking(), processState, control, server.now());
            BackupPreconditions.check(database, ownership, env);
            BackupLock.take(control, env, request.database(), request.isLog());
            followTheLog(control);
            ChainGuard guard = new ChainGuard(env, blocking(), control, processState, request.database());
            List<ChainFinding> broken = request.isLog() && watchesTheChain() ? guard.look() : List.of();
            long estimate = request.isLog() ? 0 : ServerFacts.dataBytes(control, request.database());
            progress.expects(estimate);
            PartPlan plan = env.storage()
                    .plan(PartPlan.forStripe(
                            estimate / request.stripes(),
                            request.options().transferSize(env.transfer()),
                            env.budget().capacity() / request.stripes()))
                    .suiting(env.store().config().profile());
            observer.queued();
            try (LogBackupReserve.Place _ =
                            request.isLog() ? null : besideLogs(request.stripes(), plan.memoryPerStripe());
                    Admission memory = admit(env, request.stripes(), plan.memoryPerStripe())) {
                throwIfCancelled();
                progress.begins();
                BackupResult result = transfer(control, server, database, ownership, memory, plan);
                if (!watchesTheChain()) {
                    processState.forgetChain(request.database());
                    return result;
                }
                return result.withChain(guard.after(broken, result.document(), result.key()));
            }
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, request.database());
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CatalogException e) {
            throw Failures.catalog(e, env);
        }
    }

    private boolean watchesTheChain() {
        return request.options().chain() != ChainPolicy.IGNORE;
    }

    /// Settles the number of stripes of a log backup. From here on nothing else may decide it.
    private void followTheLog(SqlSession control) {
        int most = request.stripes();
        if (!request.isLog() || most == 1 || request.options().stripeRule() == StripeRule.EXACT) {
            return;
        }
        OptionalLong bytes = LogSize.sinceLastBackup(control, request.database());
        int stripes = LogStripes.of(bytes, most);
        log.atInfo()
                .addKeyValue("backupId", backupId)
                .addKeyValue("database", request.database())
                .addKeyValue("logBytes", bytes.isPresent() ? bytes.getAsLong() : "not known")
                .addKeyValue("stripes", stripes)
                .addKeyValue("most", most)
                .log("the log decides the number of stripes");
        request = request.withStripes(stripes);
        progress = new RunProgress(stripes);
    }

    private DatabaseFacts database(SqlSession control) {
        DatabaseFacts database = DatabaseFacts.find(control, request.database())
                .orElseThrow(() -> Failures.noSuchDatabase(request.database(), env));
        // Where names are compared without case, another spelling must not become another directory, or
        // another lock.
        request = request.withDatabase(database.name());
        return database;
    }

    private BackupResult transfer(
            SqlSession control,
            ServerFacts server,
            DatabaseFacts database,
            Ownership ownership,
            Admission memory,
            PartPlan plan) {
        List<String> devices = DeviceNames.of(deviceSet, request.stripes());
        String sql = BackupStatement.of(request, devices, env.transfer(), server, backupId, description());
        LastBackups before = LastBackups.read(control, request.database())
                .orElseThrow(() -> Failures.noSuchDatabase(request.database(), env));
        // Read under the lock, so that the order of keys is the order of backups.
        BackupDocument pending = PendingDocument.pending(
                env,
                request,
                ownership,
                backupId,
                deviceSet,
                ServerFacts.read(control).now(),
                sql,
                before,
                database.encrypted());
        CommitPoint commitPoint = new CommitPoint(
                request.stripes(), flushed -> env.catalog().writePending(PendingDocument.described(pending, flushed)));
        ObjectOptions objects = env.storage().objects(pending);
        StripeUploads stripes = StripeUploads.begin(
                env,
                request,
                backupId,
                memory,
                plan,
                stripe -> objects.withMetadata(ObjectMetadata.of(pending, stripe, request.stripes())),
                commitPoint);
        BackupCommit ending = new BackupCommit(env, processState, control, pending, stripes, progress);
        Outcome outcome;
        try {
            Blocking.uncancellably(env.catalog().writePending(pending));
            outcome = stream(devices, sql, stripes);
        } catch (RuntimeException e) {
            if (commitPoint.passed()) {
                throw Failures.unconfirmed(backupId, String.valueOf(e.getMessage()), env, request.database());
            }
            // Nothing was sent to SQL Server, or what was sent has ended without a verdict and without our
            // consent.
            ending.discard(e);
            throw e;
        }
        return switch (outcome.verdict()) {
            case Verdict.Good good -> {
                observer.committing();
                yield ending.commit(good);
            }
            case Verdict.Bad bad -> {
                refuseIfReliedOn(control, commitPoint, pending, bad);
                throw discarded(ending, failure(outcome, bad));
            }
            case Verdict.Unknown unknown
            when !commitPoint.passed() -> {
                throw discarded(ending, failure(outcome, unknown));
            }
            case Verdict.Unknown unknown ->
                throw Failures.unconfirmed(backupId, unknown.cause(), env, request.database());
        };
    }

    private static OperationFailed discarded(BackupCommit ending, OperationFailed failure) {
        return ending.discard(failure)
                ? failure
                : failure.withHint(
                        failure.hint() + " What was stored could not be removed yet; `sluice recover` does it.");
    }

    /// SQL Server has said 3013, and may rely on the backup all the same: the log is truncated up to it, say.
    /// No document rules that out when a statement fails, or is killed, behind the last byte. What may be the
    /// last copy stays.
    ///
    /// **Errors:** [OperationFailed] `unconfirmed`, and nothing is deleted.
    private void refuseIfReliedOn(
            SqlSession control, CommitPoint commitPoint, BackupDocument pending, Verdict.Bad verdict) {
        if (commitPoint.passed()) {
            CrashRecovery.reliance(control, PendingDocument.described(pending, commitPoint.described()))
                    .ifPresent(why -> {
                        throw Failures.unconfirmed(
                                backupId,
                                "it says %s, yet %s".formatted(verdict.errors(), why),
                                env,
                                request.database());
                    });
        }
    }

    /// @param failure why a stripe could not go on, or who ended the run; null when neither happened
    private record Outcome(Verdict verdict, @Nullable Throwable failure) {}

    private Outcome stream(List<String> devices, String sql, StripeUploads stripes) {
        DeviceSet set = Blocking.uncancellably(DeviceSet.create(
                        env.deviceSets(),
                        devices,
                        VDConfig.request(request.stripes(), Features.LIKE_PIPE.with(Feature.REQUEST_COMPLETE))))
                .orElseThrow();
        try {
            throwIfCancelled();
            DeviceWork work = working(set);
            RunningStatement statement = RunningStatement.start(
                    env.server().connect(DeviceNames.program(deviceSet)), "sluice-tsql-" + backupId, sql, this::heard);
            return serve(work, statement, stripes);
        } finally {
            close(set);
        }
    }

    private Outcome serve(DeviceWork work, RunningStatement statement, StripeUploads stripes) {
        List<StripeReceiver> receivers = new CopyOnWriteArrayList<>();
        Consumer<Throwable> fail = failure -> {
            work.fail(failure);
            receivers.forEach(StripeReceiver::failing);
        };
        try (BackupWatchdog _ = watch(stripes.commitPoint(), receivers, statement, fail)) {
            DeviceSet.Opened opened = work.open(statement);
            if (opened == null) {
                Verdict verdict = work.await(statement, List.of(), () -> true);
                return new Outcome(verdict, work.failure());
            }
            warnWithoutComplete(opened.config());
            subscribe(opened, stripes, receivers, fail);
            observer.streaming(backupId, progress);
            List<CompletableFuture<Void>> ended =
                    receivers.stream().map(StripeReceiver::ended).toList();
            Verdict verdict = work.await(statement, ended, stripes.commitPoint());
            return new Outcome(verdict, work.failure());
        }
    }

    private BackupWatchdog watch(
            CommitPoint commitPoint,
            List<StripeReceiver> receivers,
            RunningStatement statement,
            Consumer<Throwable> fail) {
        BackupWatchdog.Subject subject = new BackupWatchdog.Subject() {
            @Override
            public boolean isOpen() {
                return receivers.size() == request.stripes();
            }

            @Override
            public boolean isThrough() {
                return commitPoint.passed()
                        || (isOpen()
                                && receivers.stream()
                                        .allMatch(receiver -> receiver.ended().isDone()));
            }

            // As a cancel does: not any more when SQL Server may have called the backup good.
            @Override
            public boolean end(OperationFailed why) {
                boolean open = commitPoint.cancel();
                if (open) {
                    fail.accept(why);
                }
                return open;
            }

            @Override
            public void giveUp(String why) {
                statement.abandon(why);
            }
        };
        return BackupWatchdog.start(env, request, progress, subject, "sluice-watch-" + backupId);
    }

    private void subscribe(
            DeviceSet.Opened opened, StripeUploads stripes, List<StripeReceiver> receivers, Consumer<Throwable> fail) {
        for (int i = 0; i < request.stripes(); i++) {
            receivers.add(new StripeReceiver(
                    i,
                    stripes.uploads().get(i),
                    stripes.streams().get(i),
                    stripes.commitPoint(),
                    progress,
                    opened.config().maxTransferSize(),
                    fail));
        }
        for (int i = 0; i < receivers.size(); i++) {
            opened.devices().get(i).subscribe(receivers.get(i));
        }
    }

    /// What goes wrong here must not take the place of SQL Server's verdict.
    private void close(DeviceSet set) {
        try {
            Blocking.uncancellably(set.close());
        } catch (RuntimeException e) {
            log.atWarn().addKeyValue("backupId", backupId).setCause(e).log("the device set could not be closed");
        }
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

    private OperationFailed failure(Outcome outcome, Verdict verdict) {
        if (isCancelled()) {
            return Failures.cancelled(backupId, verdict);
        }
        return switch (outcome.failure()) {
            case OperationFailed ended -> ended;
            case S3Failure store -> Failures.store(store, verdict.messages());
            case null -> Failures.refused(request.database(), verdict, env);
            case Throwable other -> Failures.refused(request.database(), verdict, env, other);
        };
    }
}
