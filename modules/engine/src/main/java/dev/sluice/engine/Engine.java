package dev.sluice.engine;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.Exports;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupRequests;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.backup.BackupRun;
import dev.sluice.engine.backup.BackupsObserver;
import dev.sluice.engine.backup.BackupsReport;
import dev.sluice.engine.backup.ChainAnswer;
import dev.sluice.engine.backup.DatabaseSelection;
import dev.sluice.engine.backup.SeveralBackups;
import dev.sluice.engine.bucket.ProcessState;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.chain.ChainGuard;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.export.ExportOrigin;
import dev.sluice.engine.export.ExportRequest;
import dev.sluice.engine.export.ExportResult;
import dev.sluice.engine.export.ExportRun;
import dev.sluice.engine.export.ExportSource;
import dev.sluice.engine.export.OpenedExport;
import dev.sluice.engine.export.Passphrase;
import dev.sluice.engine.export.ReplayReport;
import dev.sluice.engine.export.ReplayRun;
import dev.sluice.engine.files.FetchResult;
import dev.sluice.engine.files.FetchRun;
import dev.sluice.engine.files.JoinResult;
import dev.sluice.engine.files.JoinRun;
import dev.sluice.engine.inventory.BucketDatabases;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.inventory.InventoryReader;
import dev.sluice.engine.prove.DrillObserver;
import dev.sluice.engine.prove.DrillResult;
import dev.sluice.engine.prove.DrillRun;
import dev.sluice.engine.prove.ProveOrder;
import dev.sluice.engine.prove.ScratchRemovalRun;
import dev.sluice.engine.rebuild.Adopt;
import dev.sluice.engine.rebuild.AdoptRequest;
import dev.sluice.engine.rebuild.BucketData;
import dev.sluice.engine.rebuild.EntriesReport;
import dev.sluice.engine.rebuild.EntriesRun;
import dev.sluice.engine.rebuild.Rebuild;
import dev.sluice.engine.rebuild.RebuildRequest;
import dev.sluice.engine.recovery.CrashRecovery;
import dev.sluice.engine.recovery.RecoveryReport;
import dev.sluice.engine.restore.Listing;
import dev.sluice.engine.restore.ListingRun;
import dev.sluice.engine.restore.OrderedRestore;
import dev.sluice.engine.restore.PlanOutcome;
import dev.sluice.engine.restore.PlannedRestore;
import dev.sluice.engine.restore.PreflightRun;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.restore.RestorePlanning;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.restore.RestoreRun;
import dev.sluice.engine.restore.RestoreScript;
import dev.sluice.engine.restore.RestoresObserver;
import dev.sluice.engine.restore.RestoresPlan;
import dev.sluice.engine.restore.RestoresReport;
import dev.sluice.engine.restore.SavedTail;
import dev.sluice.engine.restore.SeveralRestores;
import dev.sluice.engine.retention.DeletionPlan;
import dev.sluice.engine.retention.DeletionPlanning;
import dev.sluice.engine.retention.DeletionRequest;
import dev.sluice.engine.retention.HoldRequest;
import dev.sluice.engine.retention.HoldResult;
import dev.sluice.engine.retention.HoldRun;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.retention.PruneRun;
import dev.sluice.engine.retention.ReleaseRun;
import dev.sluice.engine.run.DeviceWork;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.LogBackupReserve;
import dev.sluice.engine.run.QuestionRun;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.engine.selftest.ClientProcesses;
import dev.sluice.engine.selftest.SelfTestObserver;
import dev.sluice.engine.selftest.SelfTestOrder;
import dev.sluice.engine.selftest.SelfTestReport;
import dev.sluice.engine.selftest.SelfTestRun;
import dev.sluice.engine.selftest.VdiSurroundings;
import dev.sluice.engine.sql.ServerDatabases;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.stream.ShowRun;
import dev.sluice.engine.stream.StreamFront;
import dev.sluice.engine.verify.KeepOutcomeRun;
import dev.sluice.engine.verify.VerifyOutcome;
import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.engine.verify.VerifyRun;
import dev.sluice.s3.PartPlan;
import dev.sluice.s3.S3Failure;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/// The use cases, one method each.
///
/// **Ownership:** owns its runs, nothing else. [#shutdown()] comes before the environment is taken apart.
///
/// **Threading:** any thread. Every `Mono` starts its work when it is subscribed to, and again for each
/// subscriber.
///
/// **Errors:** [OperationFailed] for everything that a user can do something about.
public final class Engine {

    private final Environment env;
    private final DeviceWork.Waits waits;
    private final LogBackupReserve reserve;
    private final ProcessState processState = new ProcessState();
    private final Ulid ulids = new Ulid(Clock.systemUTC());
    private final Set<Run<?>> runs = ConcurrentHashMap.newKeySet();
    private volatile boolean shuttingDown;

    public Engine(Environment env) {
        this(env, DeviceWork.Waits.DEFAULT);
    }

    /// @param waits of all its runs
    public Engine(Environment env, DeviceWork.Waits waits) {
        this.env = env;
        this.waits = waits;
        long budget = env.budget().capacity();
        this.reserve = new LogBackupReserve(
                budget,
                env.storage()
                        .plan(PartPlan.forStripe(0, env.transfer().maxTransferSize(), budget))
                        .suiting(env.store().config().profile())
                        .memoryPerStripe());
    }

    public Environment environment() {
        return env;
    }

    /// Takes a backup. Success means that every byte is in the bucket, checked, and described there.
    ///
    /// Cancelling aborts as long as SQL Server was not told that the backup is durable, and from there on waits
    /// for the verdict. It returns at once; [#shutdown()] and [#idle()] wait for the end.
    ///
    /// When the chain of backups turns out to be broken by another program's backup, the request's
    /// [dev.sluice.engine.chain.ChainPolicy] may have a second backup follow; its failure fails the whole, and the
    /// first one is kept.
    public Mono<BackupResult> backup(BackupRequest request, RunObserver observer) {
        return backup(request, ChainAnswer.like(request), observer);
    }

    /// @param others how that second backup is asked for
    public Mono<BackupResult> backup(BackupRequest request, BackupRequests others, RunObserver observer) {
        Mono<BackupResult> taken = run(() -> new BackupRun(env, processState, request, ulids.next(), observer));
        return taken.flatMap(result -> ChainAnswer.to(request, result, others)
                .map(answer -> backup(answer, observer).map(result::withAnswer))
                .orElseGet(() -> Mono.just(result)));
    }

    /// Backs several databases up, one after the other. A backup that fails does not end it: the report has every
    /// database with what became of it.
    ///
    /// Cancelling ends the backup at hand as that of [#backup] ends, and begins none.
    ///
    /// **Errors:** [OperationFailed] when the server does not list its databases, and `no-such-database` when none
    /// is meant.
    ///
    /// @param type what is taken of each of them
    /// @param each how it is asked for
    public Mono<BackupsReport> backups(
            DatabaseSelection selection, BackupType type, BackupRequests each, BackupsObserver observer) {
        return run(() -> new QuestionRun<>(
                        "sluice-databases", _ -> selection.from(new ServerDatabases(env.server()).all(), type)))
                .flatMap(chosen -> new SeveralBackups(chosen, database -> each.of(database, type), observer)
                        .take((request, one) -> backup(request, each, one)));
    }

    /// Compares what the database says about its last backups with what is in the bucket, and takes none.
    ///
    /// **Errors:** [OperationFailed] when one of the two does not answer.
    public Mono<List<ChainFinding>> chain(String database) {
        return chain(database, ChainPolicy.REPORT);
    }

    /// @param policy of its log backups, which says what is compared. Nothing is answered
    public Mono<List<ChainFinding>> chain(String database, ChainPolicy policy) {
        return run(() -> new QuestionRun<>(
                "sluice-chain", blocking -> ChainGuard.compare(env, blocking, processState, database, policy)));
    }

    /// As [#backup], for a caller who wants to know the outcome even after a cancel. Starts at once, and answers
    /// no broken chain: the result tells of it.
    public StartedRun<BackupResult> start(BackupRequest request, RunObserver observer) {
        return started(new BackupRun(env, processState, request, ulids.next(), observer));
    }

    private <T> StartedRun<T> started(Run<T> run) {
        Disposable running = run(() -> run).subscribe(_ -> {}, _ -> {});
        return new StartedRun<>(run.result(), running);
    }

    /// Restores backups, one after the other, as a plan says. Cancelling leaves the database restoring, with
    /// what it has got so far.
    public Mono<RestoreResult> restore(RestoreRequest request, RestoreObserver observer) {
        return run(() -> new RestoreRun(env, request, ulids.next(), observer));
    }

    /// Plans the restore of several databases, and asks of each everything that can be known to fail. It touches
    /// nothing.
    ///
    /// **Errors:** [OperationFailed] when the bucket does not list its databases, and `no-such-backup` when none is
    /// meant.
    ///
    /// @param each what is ordered for every database; the name in it does not count
    public Mono<RestoresPlan> plan(DatabaseSelection selection, RestoreOrder each) {
        return databases()
                .map(there -> SeveralRestores.chosen(there.names(), selection))
                .flatMap(chosen -> SeveralRestores.plan(
                        chosen, selection, each, this::plan, planned -> check(planned.checkable())));
    }

    /// Restores what is possible of a plan, some databases at the same time. A restore that fails does not end it: the
    /// report has every database with what became of it.
    ///
    /// Cancelling ends the restores at hand as that of [#restore] ends, and begins none.
    ///
    /// @param atOnce so many at the same time, if the memory budget has room for them
    public Mono<RestoresReport> restore(RestoresPlan plan, int atOnce, RestoresObserver observer) {
        return SeveralRestores.restore(
                plan,
                atOnce,
                observer,
                (order, each) -> plan(order).flatMap(planned -> restore(planned.request(), each)));
    }

    /// The databases that the bucket has entries of.
    public Mono<BucketDatabases> enteredDatabases() {
        return run(() -> new QuestionRun<>("sluice-databases", blocking -> BucketDatabases.entered(env, blocking)));
    }

    /// As above, and those that it has nothing but unconfirmed backups of.
    public Mono<BucketDatabases> databases() {
        return run(() -> new QuestionRun<>("sluice-databases", blocking -> BucketDatabases.read(env, blocking)));
    }

    /// Finds the way to what is ordered, from all that the bucket and msdb know.
    ///
    /// **Errors:** [OperationFailed], `unreachable` when there is none: it tells what can be reached.
    public Mono<PlannedRestore> plan(RestoreOrder order) {
        return tryPlan(order).map(PlanOutcome::required);
    }

    /// As [#plan], for a caller who wants to show what can be reached instead.
    public Mono<PlanOutcome> tryPlan(RestoreOrder order) {
        return run(planning(order));
    }

    private Supplier<Run<PlanOutcome>> planning(RestoreOrder order) {
        return () -> new QuestionRun<>("sluice-plan", blocking -> RestorePlanning.plan(env, blocking, order));
    }

    /// Backs up the tail of the log of the database that a restore replaces, and plans anew with it. What is refused is
    /// refused before: from the tail on, the database waits for the restore.
    ///
    /// @param tail     how the tail is backed up
    /// @param observer is told of the check, and then of the backup
    public Mono<SavedTail> saveTail(PlannedRestore planned, BackupRequest tail, RestoreObserver observer) {
        return saveTail(this::run, planned, tail, observer);
    }

    /// How the runs of a use case with several of them follow each other.
    private interface Steps {

        /// Starts the run when it is subscribed to.
        <T> Mono<T> step(Supplier<Run<T>> run);
    }

    private Mono<SavedTail> saveTail(
            Steps steps, PlannedRestore planned, BackupRequest tail, RestoreObserver observer) {
        return steps.step(() -> PreflightRun.check(env, planned.checkable(), ulids.next()))
                .doOnNext(check -> {
                    check.requireMet();
                    observer.checked(check);
                })
                .then(steps.step(() -> new BackupRun(env, processState, tail, ulids.next(), observer)))
                .flatMap(saved -> steps.step(planning(planned.order().withTailSaved()))
                        .map(again -> new SavedTail(again.required(), saved)));
    }

    /// Plans what is ordered, saves the tail if that is ordered, and restores; for a caller who wants to know the
    /// outcome even after a cancel. Starts at once.
    ///
    /// @param tail how the tail is backed up, by the name of the database that is replaced
    public StartedRun<OrderedRestore> start(
            RestoreOrder order, Function<String, BackupRequest> tail, RestoreObserver observer) {
        Disposable.Swap current = Disposables.swap();
        CompletableFuture<OrderedRestore> result = new CompletableFuture<>();
        // Not toFuture(): a cancel of that future would end the wait for a step's own end.
        restore(new StartedSteps(current), order, tail, observer)
                .subscribe(result::complete, result::completeExceptionally);
        return new StartedRun<>(result, current);
    }

    /// A cancel reaches the step at hand, whose own end counts; a step that follows is cancelled as it starts.
    private final class StartedSteps implements Steps {

        private final Disposable.Swap current;

        StartedSteps(Disposable.Swap current) {
            this.current = current;
        }

        @Override
        public <T> Mono<T> step(Supplier<Run<T>> run) {
            return Mono.defer(() -> {
                StartedRun<T> started = started(run.get());
                current.replace(started.running());
                return Mono.fromFuture(started.result(), true);
            });
        }
    }

    private Mono<OrderedRestore> restore(
            Steps steps, RestoreOrder order, Function<String, BackupRequest> tail, RestoreObserver observer) {
        return steps.step(planning(order))
                .map(PlanOutcome::required)
                .doOnNext(observer::planned)
                .flatMap(planned -> order.savesTail()
                        ? saveTail(steps, planned, tail.apply(planned.restoredName()), observer)
                                .doOnNext(saved -> {
                                    observer.tailSaved(saved.backup());
                                    observer.planned(saved.planned());
                                })
                                .flatMap(saved -> restore(steps, saved.planned(), saved.backup(), observer))
                        : restore(steps, planned, null, observer));
    }

    private Mono<OrderedRestore> restore(
            Steps steps, PlannedRestore planned, @Nullable BackupResult tail, RestoreObserver observer) {
        return steps.step(() -> new RestoreRun(env, planned.request(), ulids.next(), observer))
                .map(result -> new OrderedRestore(planned, tail, result));
    }

    /// Downloads a backup's plain files, one a stripe.
    public Mono<FetchResult> fetch(BackupDocument backup, Path directory) {
        return whole(backup).flatMap(whole -> run(() -> new FetchRun(env, whole, directory)));
    }

    /// Makes one object of each stripe that has several segments, inside the bucket.
    public Mono<JoinResult> join(BackupDocument backup) {
        return whole(backup).flatMap(whole -> run(() -> new JoinRun(env, whole)));
    }

    /// Reads a backup again, every byte against its sums and the stream against SQL Server's format.
    public Mono<VerifyReport> verify(BackupDocument backup, RunObserver observer) {
        return whole(backup).flatMap(whole -> verify(whole, observer, true));
    }

    /// A `join` replaces a backup's objects, and those that a verification was reading are gone then. So before
    /// damage is told, the entry must still name what was read; if it names other objects, those are read.
    private Mono<VerifyReport> verify(BackupDocument whole, RunObserver observer, boolean again) {
        return run(() -> new VerifyRun(env, whole, observer))
                .flatMap(report -> report.sound()
                        ? Mono.just(report)
                        : readable(env.catalog().current(whole), whole)
                                .filter(now -> !now.stripes().equals(whole.stripes()))
                                .flatMap(now -> again
                                        ? verify(now, observer, false)
                                        : Mono.<VerifyReport>error(Failures.changedMeanwhile(whole, env)))
                                .defaultIfEmpty(report));
    }

    /// As [#verify], and keeps in the bucket what was found.
    ///
    /// @param clock of the machine that reads
    public Mono<VerifyOutcome> verifyAndKeep(BackupDocument backup, RunObserver observer, InstantSource clock) {
        return Mono.defer(() -> {
            Instant startedAt = clock.instant();
            return verify(backup, observer)
                    .flatMap(report -> run(() -> new KeepOutcomeRun(env, backup, report, startedAt, clock)));
        });
    }

    /// What the stored stream says about itself.
    public Mono<StreamFront> show(BackupDocument backup) {
        return run(() -> new ShowRun(env, backup));
    }

    /// Removes backups of one database, or tells which would go. A cancel lets the backup at hand go wholly.
    public Mono<PruneReport> prune(PruneRequest request) {
        return run(() -> new PruneRun(env, processState, request));
    }

    /// Finds what a deletion by name would remove, and what could not be restored afterwards.
    /// [DeletionPlan#request()] is the removal.
    public Mono<DeletionPlan> planDeletion(DeletionRequest request) {
        return run(() ->
                new QuestionRun<>("sluice-delete-plan", blocking -> DeletionPlanning.plan(env, blocking, request)));
    }

    /// Holds a backup, with all that a restore of it reads: no `prune` and no `delete` removes it. SQL Server need not
    /// be there.
    public Mono<HoldResult> hold(HoldRequest request) {
        return run(() -> new HoldRun(env, request));
    }

    /// Stores what the instance has beside its databases, sealed: logins, server roles, permissions, settings,
    /// linked servers, jobs, certificates.
    public Mono<ExportResult> exportInstance(ExportRequest request) {
        return run(() -> new ExportRun(env, request, ulids.next()));
    }

    /// The exports in the bucket, the oldest first.
    public Mono<List<Exports.Listed>> exports() {
        return run(() -> new QuestionRun<>("sluice-exports", blocking -> ExportSource.all(env, blocking)));
    }

    /// Opens an export.
    public Mono<OpenedExport> openExport(ExportSource source, Passphrase passphrase) {
        return run(() -> new QuestionRun<>(
                "sluice-export-open", blocking -> OpenedExport.of(source, passphrase, env, blocking)));
    }

    /// Runs an export on the server.
    ///
    /// @param enableJobs whether jobs that were enabled are enabled, too
    /// @param before     gets what the export is of before any of it runs, in the run's thread
    public Mono<ReplayReport> replay(
            ExportSource source, Passphrase passphrase, boolean enableJobs, Consumer<ExportOrigin> before) {
        return run(() -> new ReplayRun(env, source, passphrase, enableJobs, before, ulids.next()));
    }

    /// Ends the hold of a backup.
    ///
    /// **Errors:** [OperationFailed] `not-held` when there is none.
    ///
    /// @param backupId the whole id
    public Mono<String> release(String backupId) {
        return run(() -> new ReleaseRun(env, backupId));
    }

    /// Makes entries again that are lost or unreadable, from the data alone. SQL Server need not be there; where
    /// it is, msdb tells what it has called good.
    public Mono<EntriesReport> rebuild(RebuildRequest request) {
        return run(() -> new EntriesRun(env, "rebuild", blocking -> new Rebuild(env, request, blocking).make()));
    }

    /// Makes backups known that other programs have put into the bucket, from their files alone.
    public Mono<EntriesReport> adopt(AdoptRequest request) {
        return run(() -> new EntriesRun(env, "adopt", blocking -> new Adopt(env, request, blocking).make()));
    }

    /// What lies in the bucket as data of this server's backups, held against what tells of it.
    ///
    /// @param database only this one's; null for all
    public Mono<BucketData> data(@Nullable String database) {
        return run(() -> new QuestionRun<>("sluice-data", blocking -> BucketData.read(env, blocking, database)));
    }

    /// Asks SQL Server about a backup in the bucket. It reads as much as it needs, which may be all.
    public Mono<Listing> list(BackupDocument backup, Listing.Kind kind, RunObserver observer) {
        return run(() -> new ListingRun(env, backup, kind, ulids.next(), observer));
    }

    /// All backups of a database that the bucket or msdb knows.
    ///
    /// @param zone of the server's clock, if a person has named it
    public Mono<Inventory> inventory(String database, @Nullable ZoneId zone) {
        return run(() -> new QuestionRun<>(
                "sluice-inventory", blocking -> new InventoryReader(env, blocking, database, zone).read()));
    }

    /// Asks everything that can be known to fail about a restore, and touches nothing. A restore asks the same
    /// by itself, and is refused by what is unmet.
    public Mono<RestoreCheck> check(RestoreRequest request) {
        return run(() -> PreflightRun.check(env, request, ulids.next()));
    }

    /// The T-SQL of a restore, for a person who has SQL Server and the plain files, and nothing else.
    public Mono<String> script(RestoreRequest request, RestoreScript.Source source) {
        return run(() -> PreflightRun.script(env, request, ulids.next(), source));
    }

    /// With the sums of its parts and blocks: an inventory's documents come without.
    private Mono<BackupDocument> whole(BackupDocument backup) {
        return readable(env.catalog().whole(backup), backup)
                .switchIfEmpty(Mono.error(() -> Failures.removedMeanwhile(backup, env)));
    }

    private Mono<BackupDocument> readable(Mono<BackupDocument> document, BackupDocument backup) {
        return document.onErrorMap(S3Failure.class, e -> Failures.store(e, List.of()))
                .onErrorMap(CatalogException.class, e -> Failures.unreadable(e, backup, env));
    }

    private <T> Mono<T> run(Supplier<Run<T>> runs) {
        return Mono.create(sink -> {
            Run<T> run = runs.get().within(waits).leaving(reserve);
            this.runs.add(run);
            if (shuttingDown) {
                run.cancel();
            }
            sink.onCancel(run::cancel);
            var _ = run.ended().thenRun(() -> this.runs.remove(run));
            run.start(sink);
        });
    }

    /// Decides about every backup whose verdict was lost, and drops what drills have left on the server. A
    /// cancel ends it between two of them: what is decided about one is done.
    public Mono<RecoveryReport> recover() {
        Mono<RecoveryReport> decided = run(() -> new CrashRecovery(env, CrashRecovery.Patience.DEFAULT, processState));
        return decided.flatMap(report -> run(() -> new ScratchRemovalRun(env))
                .map(scratch -> report.withLeftovers(scratch.leftovers(), scratch.refused())));
    }

    /// Restores backups under a scratch name, checks and compares what comes of it, and drops it. The result
    /// says what was found, and so does a document in the bucket.
    ///
    /// A cancel ends the restore, and then drops the scratch database as well.
    ///
    /// **Errors:** [OperationFailed] for what says nothing about the backups, such as `busy` while another
    /// drill runs.
    public Mono<DrillResult> prove(ProveOrder order, DrillObserver observer) {
        return run(() -> drill(order, observer));
    }

    private DrillRun drill(ProveOrder order, DrillObserver observer) {
        SqlServer other = order.server();
        return new DrillRun(other == null ? env : env.on(other), this::started, order, ulids.next(), observer);
    }

    /// As [#prove], for a caller who wants to know the outcome even after a cancel. Starts at once.
    public StartedRun<DrillResult> start(ProveOrder order, DrillObserver observer) {
        return started(drill(order, observer));
    }

    /// Backs a scratch database up and restores it in every way, cancels and kills, asks SQL Server's virtual
    /// devices what the documents leave open, and removes all that it has made. The result tells what was seen.
    ///
    /// A cancel ends the step at hand, and then removes everything as well.
    ///
    /// **Errors:** [OperationFailed] where it cannot begin, such as `busy` while a drill runs.
    public StartedRun<SelfTestReport> start(
            SelfTestOrder order, VdiSurroundings surroundings, ClientProcesses clients, SelfTestObserver observer) {
        return started(new SelfTestRun(env, this::started, order, surroundings, clients, ulids, observer));
    }

    /// Cancels what runs, and completes when it has ended. New runs are cancelled as they start.
    public Mono<Void> shutdown() {
        return Mono.fromFuture(() -> {
            shuttingDown = true;
            runs.forEach(Run::cancel);
            return allEnded();
        });
    }

    /// Completes when nothing runs any more.
    public Mono<Void> idle() {
        return Mono.fromFuture(this::allEnded);
    }

    private CompletableFuture<Void> allEnded() {
        return CompletableFuture.allOf(runs.stream().map(Run::ended).toArray(CompletableFuture<?>[]::new));
    }
}
