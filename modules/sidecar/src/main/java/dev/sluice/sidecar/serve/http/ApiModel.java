package dev.sluice.sidecar.serve.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.DrillDocument;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.Window;
import dev.sluice.engine.restore.Destination;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.sidecar.history.DayTotals;
import dev.sluice.sidecar.history.HistoryEntry;
import dev.sluice.sidecar.history.HistoryPage;
import dev.sluice.sidecar.history.HistoryReader;
import dev.sluice.sidecar.history.JobOrigin;
import dev.sluice.sidecar.history.JobType;
import dev.sluice.sidecar.history.WaitedFor;
import dev.sluice.sidecar.schedule.JobOutcome;
import dev.sluice.sidecar.serve.HistoryListener;
import dev.sluice.sidecar.serve.LastLeftOut;
import dev.sluice.sidecar.serve.ServiceMetrics;
import dev.sluice.sidecar.serve.TrackedBackup;
import dev.sluice.sidecar.serve.TrackedDrill;
import dev.sluice.sidecar.serve.TrackedJob;
import dev.sluice.sidecar.serve.TrackedRestore;
import dev.sluice.sidecar.serve.TrackedVerification;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Every JSON object that clients send or get, but for a backup's document, which is the catalog's. The schema
/// of the same name in `openapi.json` describes each: members that may be null are left out, and are not
/// required there.
///
/// Enums are written in lower case with hyphens, unless they are words of SQL Server's or of the catalog's.
final class ApiModel {

    private ApiModel() {}

    /// An object that is written to a client, or read from one.
    @JsonInclude(JsonInclude.Include.NON_NULL)
    interface Body {}

    private static @Nullable String unlessEmpty(String text) {
        return text.isEmpty() ? null : text;
    }

    // ---- health and problems ----

    enum Health {
        UP,
        DOWN;

        static Health of(boolean up) {
            return up ? UP : DOWN;
        }
    }

    record Status(Health status) implements Body {}

    record Readiness(Health status, Map<String, Health> checks) implements Body {}

    /// As RFC 9457 has it.
    ///
    /// @param preconditions of a restore that is refused
    record Problem(
            String type,
            String title,
            int status,
            String detail,
            String hint,
            @Nullable List<Precondition> preconditions)
            implements Body {}

    // ---- how it is ----

    record ServiceStatus(
            String identity,
            String version,
            Instant now,
            Map<String, Health> checks,
            List<PauseModel.Pause> pauses,
            List<DatabaseStatus> databases)
            implements Body {

        static ServiceStatus of(dev.sluice.sidecar.serve.ServiceStatus status) {
            Map<String, Health> checks = new LinkedHashMap<>();
            status.checks().forEach((name, well) -> checks.put(name, Health.of(well)));
            return new ServiceStatus(
                    status.identity(),
                    status.version(),
                    status.now(),
                    checks,
                    status.pauses().stream().map(PauseModel.Pause::of).toList(),
                    status.databases().stream().map(DatabaseStatus::of).toList());
        }
    }

    record LastDrill(DrillDocument.Outcome outcome, Instant at) implements Body {

        static LastDrill of(dev.sluice.sidecar.serve.DatabaseStatus.Drill drill) {
            return new LastDrill(drill.outcome(), drill.at());
        }
    }

    /// @param window the moments that can be restored
    record DatabaseStatus(
            String name,
            dev.sluice.sidecar.serve.DatabaseStatus.Condition condition,
            List<String> problems,
            boolean online,
            @Nullable Reachable window,
            List<TypeStatus> types,
            @Nullable LastDrill drill,
            int unconfirmed)
            implements Body {

        static DatabaseStatus of(dev.sluice.sidecar.serve.DatabaseStatus status) {
            return new DatabaseStatus(
                    status.name(),
                    status.condition(),
                    status.problems(),
                    status.online(),
                    status.window() == null ? null : Reachable.of(status.window()),
                    status.types().stream().map(TypeStatus::of).toList(),
                    status.drill().map(LastDrill::of).orElse(null),
                    status.unconfirmed());
        }
    }

    /// @param last    when the last good one ended
    /// @param next    when the next one is due
    /// @param leftOut why the last one that was due was left out
    record TypeStatus(
            BackupType type,
            @Nullable Instant last,
            @Nullable Instant next,
            @Nullable Instant pausedUntil,
            boolean failed,
            @Nullable LeftOut leftOut)
            implements Body {

        static TypeStatus of(dev.sluice.sidecar.serve.DatabaseStatus.TypeStatus status) {
            return new TypeStatus(
                    status.type(),
                    status.last(),
                    status.next(),
                    status.pause().map(dev.sluice.sidecar.pause.Pause::until).orElse(null),
                    status.failure().isPresent(),
                    status.leftOut().map(LeftOut::of).orElse(null));
        }
    }

    /// A backup that was due and not taken, because there was no need.
    record LeftOut(Instant at, String why) implements Body {

        static LeftOut of(LastLeftOut.LeftOut last) {
            return new LeftOut(last.at(), last.why());
        }
    }

    /// What waits or runs.
    record Activity(List<Job> jobs, List<Restore> restores, List<Verification> verifications, List<Drill> drills)
            implements Body {

        boolean isIdle() {
            return jobs.isEmpty() && restores.isEmpty() && verifications.isEmpty() && drills.isEmpty();
        }
    }

    /// A restore drill of a policy.
    record Drill(
            String id,
            String database,
            TrackedJob.State state,
            @Nullable Instant began,
            @Nullable Progress progress) implements Body {

        static Drill of(TrackedDrill job) {
            return new Drill(job.id(), job.database(), job.state(), job.began(), Progress.of(job.progress()));
        }
    }

    // ---- backups as jobs ----

    record JobRequest(
            String database, BackupType type, @Nullable Boolean copyOnly) implements Body {}

    record Jobs(List<Job> jobs) implements Body {}

    record Job(
            String id,
            String database,
            BackupType type,
            @Nullable BackupType taken,
            boolean copyOnly,
            JobOrigin origin,
            TrackedJob.State state,
            Instant due,
            @Nullable Instant began,
            @Nullable Instant ended,
            @Nullable String backupId,
            @Nullable String phase,
            @Nullable String note,
            @Nullable JobError error,
            @Nullable Progress progress)
            implements Body {

        static Job of(TrackedBackup job) {
            return new Job(
                    job.id(),
                    job.job().database(),
                    job.job().type(),
                    job.taken(),
                    job.job().copyOnly(),
                    HistoryListener.origin(job.job()),
                    job.state(),
                    job.job().due(),
                    job.began(),
                    job.ended(),
                    job.backupId(),
                    unlessEmpty(job.phase()),
                    unlessEmpty(job.note()),
                    JobError.of(job.failure()),
                    Progress.of(job.progress()));
        }
    }

    /// @param status that a request would have got that fails so
    record JobError(String id, String what, String hint, int status) implements Body {

        static @Nullable JobError of(@Nullable OperationFailed failure) {
            return failure == null
                    ? null
                    : new JobError(
                            failure.id().text(),
                            failure.what(),
                            failure.hint(),
                            failure.id().httpStatus());
        }
    }

    enum Side {
        SQL,
        MEMORY,
        S3;

        static Side of(RunProgress.Waiting what) {
            return valueOf(ServiceMetrics.side(what).toUpperCase(Locale.ROOT));
        }
    }

    record Progress(long bytes, long expectedBytes, int percent, Side bottleneck, List<Waits> waited) implements Body {

        static @Nullable Progress of(@Nullable RunProgress now) {
            return now == null
                    ? null
                    : new Progress(
                            now.bytes(),
                            now.expectedBytes(),
                            now.percent(),
                            Side.of(now.bottleneck()),
                            IntStream.range(0, now.stripes())
                                    .mapToObj(stripe -> Waits.of(now, stripe))
                                    .toList());
        }
    }

    /// How long a stripe has waited.
    record Waits(int stripe, double sqlSeconds, double memorySeconds, double s3Seconds) implements Body {

        static Waits of(RunProgress now, int stripe) {
            return new Waits(
                    stripe + 1,
                    seconds(now, stripe, RunProgress.Waiting.SQL_SERVER),
                    seconds(now, stripe, RunProgress.Waiting.MEMORY),
                    seconds(now, stripe, RunProgress.Waiting.STORE));
        }

        private static double seconds(RunProgress now, int stripe, RunProgress.Waiting what) {
            return now.waited(stripe, what).toMillis() / 1000.0;
        }
    }

    // ---- backups in the bucket ----

    record Backups(List<ListedBackup> backups, int total) implements Body {}

    enum Confirmation {
        GOOD,
        UNCONFIRMED
    }

    /// @param directory of the database in the bucket: a piece of its name, and a sum of it
    record ListedBackup(
            String id, String directory, BackupType type, Instant startedAt, long bytes, Confirmation verdict)
            implements Body {

        static ListedBackup of(CatalogKey key) {
            return new ListedBackup(
                    key.backupId(), key.database(), key.type(), key.startedAt(), key.bytes(), Confirmation.GOOD);
        }

        static ListedBackup unconfirmed(BackupDocument document) {
            return new ListedBackup(
                    document.backupId(),
                    Keys.database(document.database()),
                    document.type(),
                    document.startedAt(),
                    document.bytes(),
                    Confirmation.UNCONFIRMED);
        }
    }

    // ---- history ----

    record HistoryJobs(List<HistoryJob> jobs, boolean more, List<String> unreadable) implements Body {

        static HistoryJobs of(HistoryPage page) {
            return new HistoryJobs(
                    page.entries().stream().map(HistoryJob::of).toList(), page.more(), page.unreadable());
        }
    }

    /// @param source     whose backups were restored, where that is another database
    /// @param count      more than 1 for several jobs that are summed up
    /// @param seconds    of all of them
    /// @param longest    of one of them
    /// @param waited     seconds, summed over the stripes
    record HistoryJob(
            String database,
            @Nullable String source,
            JobType type,
            JobOrigin origin,
            JobOutcome outcome,
            int count,
            @Nullable Instant due,
            Instant began,
            Instant ended,
            double seconds,
            double longest,
            long bytes,
            WaitedFor.@Nullable Side waitedFor,
            @Nullable Double waited,
            @Nullable String backup,
            @Nullable String failure,
            @Nullable String text)
            implements Body {

        static HistoryJob of(HistoryEntry entry) {
            WaitedFor waited = entry.waitedFor();
            return new HistoryJob(
                    entry.database(),
                    entry.source(),
                    entry.type(),
                    entry.origin(),
                    entry.outcome(),
                    entry.count(),
                    entry.due(),
                    entry.began(),
                    entry.ended(),
                    entry.took().toMillis() / 1000.0,
                    entry.longest().toMillis() / 1000.0,
                    entry.bytes(),
                    waited == null ? null : waited.side(),
                    waited == null ? null : waited.stripes().toMillis() / 1000.0,
                    entry.backup(),
                    entry.failure(),
                    entry.text());
        }
    }

    /// @param first a day in UTC, as `last`, which is included
    record HistoryDays(String first, String last, List<HistoryTotals> totals, List<String> unreadable) implements Body {

        static HistoryDays of(LocalDate first, LocalDate last, HistoryReader.Totals totals) {
            return new HistoryDays(
                    first.toString(),
                    last.toString(),
                    totals.totals().stream().map(HistoryTotals::of).toList(),
                    totals.unreadable());
        }
    }

    /// @param good    full and differential backups; `failed`, `seconds` and `bytes` are theirs too
    record HistoryTotals(
            String database,
            String day,
            int good,
            int failed,
            double seconds,
            long bytes,
            int logs,
            int logsFailed,
            int othersFailed)
            implements Body {

        static HistoryTotals of(DayTotals totals) {
            return new HistoryTotals(
                    totals.database(),
                    totals.day().toString(),
                    totals.good(),
                    totals.failed(),
                    totals.took().toMillis() / 1000.0,
                    totals.bytes(),
                    totals.logs(),
                    totals.logsFailed(),
                    totals.othersFailed());
        }
    }

    // ---- plans ----

    /// @param why     only where the point is unreachable, as `windows`
    /// @param bytes   only where it is reachable, as `backups`, `preconditions` and `files`
    record Plan(
            boolean reachable,
            @Nullable Long bytes,
            @Nullable List<PlannedBackup> backups,
            List<String> findings,
            @Nullable String why,
            @Nullable List<Reachable> windows,
            @Nullable List<Precondition> preconditions,
            @Nullable List<PlannedFile> files)
            implements Body {}

    record PlannedBackup(String id, String type, Instant finishedAt, String lastLsn, long bytes) implements Body {

        static PlannedBackup of(Backup backup) {
            return new PlannedBackup(
                    backup.id(),
                    backup.kind().name(),
                    backup.finished(),
                    backup.lastLsn().toDecimal().toString(),
                    backup.bytes());
        }
    }

    record Reachable(Instant earliest, Instant latest) implements Body {

        static Reachable of(Window window) {
            return new Reachable(window.earliest(), window.latest());
        }
    }

    record Precondition(
            String id,
            dev.sluice.engine.restore.Precondition.State state,
            String evidence,
            String remedy,
            @Nullable String error,
            @Nullable List<String> subjects)
            implements Body {

        static List<Precondition> of(List<dev.sluice.engine.restore.Precondition> all) {
            return all.stream()
                    .map(each -> new Precondition(
                            each.id(),
                            each.state(),
                            each.evidence(),
                            each.remedy(),
                            each.failure() == null ? null : each.failure().text(),
                            each.subjects().isEmpty() ? null : each.subjects()))
                    .toList();
        }
    }

    record PlannedFile(String logical, String path, String was, long bytes) implements Body {

        static List<PlannedFile> of(List<Destination> files) {
            return files.stream()
                    .map(file -> new PlannedFile(file.logical(), file.path(), file.was(), file.bytes()))
                    .toList();
        }
    }

    // ---- restores ----

    /// What may happen to a database that is there already, in the words of the command's options.
    enum ExistingDatabase {
        KEEP,
        REPLACE,
        SAVE_TAIL,
        DISCARD_TAIL,
        CONTINUE
    }

    /// The state in which a restore leaves the database.
    enum LeftAs {
        RECOVERY,
        NORECOVERY,
        STANDBY
    }

    /// What becomes of Service Broker, in RESTORE's words.
    enum ServiceBroker {
        ENABLE_BROKER,
        NEW_BROKER,
        ERROR_BROKER_CONVERSATIONS
    }

    record RestoreRequest(
            String database,
            @Nullable String to,
            @Nullable String backup,
            @Nullable String stopAtMark,
            @Nullable String stopBeforeMark,
            @Nullable String markAfter,
            @Nullable String as,
            @Nullable ExistingDatabase existing,
            @Nullable Map<String, String> moves,
            @Nullable Boolean defaultPaths,
            @Nullable Boolean acceptRewritten,
            @Nullable LeftAs leave,
            @Nullable String undoFile,
            @Nullable Boolean restrictedUser,
            @Nullable Boolean keepReplication,
            @Nullable Boolean keepCdc,
            @Nullable ServiceBroker serviceBroker,
            @Nullable Boolean unconfirmed,
            @Nullable List<String> without,
            @Nullable String zone)
            implements Body {}

    record Restores(List<Restore> restores) implements Body {}

    /// @param point         where it ends, as it was asked for
    /// @param as            the name of the restored database; that of the backups' until it is planned
    /// @param tailBackupId  of the tail of the database that was replaced
    /// @param preconditions as they were found before it began
    /// @param files         where each file of the database goes
    record Restore(
            String id,
            String database,
            String point,
            String as,
            TrackedJob.State state,
            @Nullable Instant began,
            @Nullable Instant ended,
            @Nullable String tailBackupId,
            @Nullable String note,
            @Nullable JobError error,
            @Nullable Progress progress,
            @Nullable RestoreSummary plan,
            @Nullable List<Precondition> preconditions,
            @Nullable List<PlannedFile> files,
            @Nullable RestoreEnd result)
            implements Body {

        static Restore of(TrackedRestore job) {
            TrackedRestore.Summary plan = job.plan();
            RestoreCheck check = job.check();
            String asked = job.order().as();
            return new Restore(
                    job.id(),
                    job.order().database(),
                    job.order().point().toString(),
                    plan != null ? plan.as() : asked == null ? job.order().database() : asked,
                    job.state(),
                    job.began(),
                    job.ended(),
                    job.tail(),
                    unlessEmpty(job.note()),
                    JobError.of(job.failure()),
                    Progress.of(job.progress()),
                    plan == null ? null : new RestoreSummary(plan.backups(), plan.bytes(), plan.findings()),
                    check == null ? null : Precondition.of(check.preconditions()),
                    check == null ? null : PlannedFile.of(check.destinations()),
                    RestoreEnd.of(job.result()));
        }
    }

    record RestoreSummary(int backups, long bytes, List<String> findings) implements Body {}

    /// @param state of the database afterwards, as in `sys.databases.state_desc`
    record RestoreEnd(String state, int backups, long bytes, double seconds) implements Body {

        static @Nullable RestoreEnd of(@Nullable RestoreResult result) {
            return result == null
                    ? null
                    : new RestoreEnd(result.state(), result.backups(), result.bytes(), result.seconds());
        }
    }

    // ---- verifications ----

    record VerificationRequest(String backup, @Nullable Boolean withServer) implements Body {}

    record Verifications(List<Verification> verifications) implements Body {}

    record Verification(
            String id,
            String backupId,
            String database,
            boolean withServer,
            TrackedJob.State state,
            @Nullable Instant began,
            @Nullable Instant ended,
            @Nullable String note,
            @Nullable JobError error,
            @Nullable Progress progress,
            @Nullable VerificationReport report)
            implements Body {

        static Verification of(TrackedVerification job) {
            return new Verification(
                    job.id(),
                    job.backupId(),
                    job.database(),
                    job.withServer(),
                    job.state(),
                    job.began(),
                    job.ended(),
                    unlessEmpty(job.note()),
                    JobError.of(job.failure()),
                    Progress.of(job.progress()),
                    VerificationReport.of(job.report()));
        }
    }

    /// @param structure how far SQL Server's format could be followed
    /// @param checksums of SQL Server's in the stream that were computed again and hold
    record VerificationReport(
            long bytes,
            double seconds,
            VerifyReport.Structure structure,
            long checksums,
            List<Damage> problems,
            List<String> remarks)
            implements Body {

        static @Nullable VerificationReport of(@Nullable VerifyReport report) {
            return report == null
                    ? null
                    : new VerificationReport(
                            report.bytes(),
                            report.seconds(),
                            report.structure(),
                            report.checksums(),
                            report.problems().stream().map(Damage::of).toList(),
                            report.remarks());
        }
    }

    /// @param number SQL Server's error for the same thing
    record Damage(
            int stripe,
            @Nullable String key,
            @Nullable Integer block,
            @Nullable Long offset,
            @Nullable Integer number,
            String text)
            implements Body {

        static Damage of(VerifyReport.Problem problem) {
            return new Damage(
                    problem.stripe(),
                    unlessEmpty(problem.key()),
                    problem.block() < 0 ? null : problem.block(),
                    problem.offset() < 0 ? null : problem.offset(),
                    problem.number() == 0 ? null : problem.number(),
                    problem.text());
        }
    }

    /// How a constant is written.
    static String written(Enum<?> constant) {
        boolean asItIs = constant instanceof BackupType
                || constant instanceof Health
                || constant instanceof Confirmation
                || constant instanceof VerifyReport.Structure;
        if (asItIs) {
            return constant.name();
        }
        // The state of jobs has been written with an underscore since the first version.
        return constant instanceof TrackedJob.State
                ? constant.name().toLowerCase(Locale.ROOT)
                : constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// All constants as they are written.
    static <E extends Enum<E>> List<String> written(Class<E> type) {
        List<String> words = new ArrayList<>();
        Arrays.stream(type.getEnumConstants()).map(ApiModel::written).forEach(words::add);
        return words;
    }
}
