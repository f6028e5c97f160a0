package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.sidecar.history.History;
import dev.sluice.sidecar.pause.Pause;
import dev.sluice.sidecar.schedule.JobOutcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.core.metrics.Info;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;

/// What Prometheus sees. Names begin with `mssql_backup_`, units are seconds and bytes, and times are
/// timestamps, for an age would go stale with its scrape.
///
/// Every database that a policy takes has its series from the beginning, with 0 for what never happened: an alert
/// on a backup that is too old must not be silent because there never was one.
///
/// **Threading:** any thread.
public final class ServiceMetrics implements JobListener {

    private static final Duration[] BUCKETS = {
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(15),
        Duration.ofMinutes(1),
        Duration.ofMinutes(5),
        Duration.ofMinutes(15),
        Duration.ofHours(1),
        Duration.ofHours(4),
        Duration.ofHours(12)
    };

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, MultiGauge> gauges = new HashMap<>();
    private final Map<TrackedJob, Accounted> accounted = new WeakHashMap<>();
    private final Map<String, Double> lastSizes = new LinkedHashMap<>();
    private final Map<Slot, RunProgress.Waiting> bottlenecks = new LinkedHashMap<>();
    private final Map<Slot, Instant> attempts = new HashMap<>();

    /// One type of backup of one database.
    record Slot(String database, BackupType type) {
        Tags tags() {
            return Tags.of("database", database, "type", type.name().toLowerCase(Locale.ROOT));
        }
    }

    /// What of a run has been counted already, so that counters move while it lasts.
    private static final class Accounted {
        long bytes;
        final Map<RunProgress.Waiting, Double> seconds = new EnumMap<>(RunProgress.Waiting.class);
    }

    /// The state that the metrics show when a client scrapes them.
    ///
    /// @param slots       what policies take, or took
    /// @param databases   what the bucket has of each
    /// @param broken      what is known to be wrong with the chain of each
    /// @param online      whether each can be backed up
    /// @param due         when the next one is due
    /// @param running     jobs that run, by type
    /// @param unconfirmed by database
    /// @param left        what the last `recover` could not read, or not remove
    record State(
            List<Slot> slots,
            Map<String, InventoryCache.View> databases,
            Map<String, Set<ChainFinding.Kind>> broken,
            Map<String, Boolean> online,
            Map<Slot, Instant> due,
            Map<BackupType, Integer> running,
            Map<String, Integer> unconfirmed,
            int left,
            boolean sqlUp,
            boolean storageUp,
            boolean recovered) {}

    private final Supplier<State> state;
    private volatile Supplier<Map<NotificationCount, LongAdder>> notifications = Map::of;
    private volatile Supplier<Map<String, ScheduledDrills.View>> drills = Map::of;
    private volatile LastLeftOut leftOut = new LastLeftOut();
    private volatile Function<Slot, Optional<Pause>> pauses = _ -> Optional.empty();
    private volatile Supplier<Map<String, VerificationView>> verifications = Map::of;
    private final Set<NotificationCount> countedNotifications = new HashSet<>();

    ServiceMetrics(Environment env, Supplier<State> state) {
        this.state = state;
        // Not by Micrometer, which would take the end off a name that Prometheus keeps for this kind of metric.
        Info.builder()
                .name("mssql_backup_build_info")
                .help("Always 1; the version is its label")
                .labelNames("version")
                .register(registry.getPrometheusRegistry())
                .setLabelValues(env.version());
        gauge(
                "memory_budget_bytes",
                "Memory that backup bytes may take",
                () -> env.budget().capacity());
        gauge(
                "memory_budget_used_bytes",
                "Memory that they take now",
                () -> env.budget().inUse());
        gauge(
                "memory_budget_admitted_bytes",
                "Memory that runs were promised",
                () -> env.budget().committed());
        gauge(
                "shm_size_bytes",
                "Size of /dev/shm, where buffers are shared with SQL Server",
                ServiceMetrics::sharedMemory);
        FunctionCounter.builder("mssql_backup_s3_requests", env.store(), store -> store.requests())
                .description("Requests to S3, each attempt of them")
                .register(registry);
        FunctionCounter.builder("mssql_backup_s3_retries", env.store(), store -> store.retries())
                .description("Requests to S3 that were made again")
                .register(registry);
        FunctionCounter.builder("mssql_backup_s3_refusals", env.store(), store -> store.refusals())
                .description("Answers that refused one object, upload or prefix")
                .register(registry);
    }

    void pendingUnreadable(Supplier<Number> count) {
        gauge(
                "pending_unreadable",
                "Documents of backups without a verdict that this version does not understand",
                count);
    }

    private void gauge(String name, String description, Supplier<Number> value) {
        Gauge.builder("mssql_backup_" + name, value).description(description).register(registry);
    }

    private Counter counter(String name, String description, Tags tags) {
        return Counter.builder("mssql_backup_" + name)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    /// All sides that a stripe waits for.
    public static final List<RunProgress.Waiting> WAITS =
            List.of(RunProgress.Waiting.SQL_SERVER, RunProgress.Waiting.MEMORY, RunProgress.Waiting.STORE);

    /// The side that a stripe waited for, in the word of metrics and of answers over HTTP.
    public static String side(RunProgress.Waiting what) {
        return switch (what) {
            case SQL_SERVER, NOTHING -> "sql";
            case MEMORY -> "memory";
            case STORE -> "s3";
        };
    }

    private static Number sharedMemory() {
        try {
            return Files.getFileStore(Path.of("/dev/shm")).getTotalSpace();
        } catch (IOException e) {
            return 0; // not Linux
        }
    }

    // ---- what happens ----

    @Override
    public synchronized void on(JobEvent event) {
        switch (event.job()) {
            case TrackedBackup backup -> on(event, backup, new Slot(backup.database(), backup.takenOrPlanned()));
            case TrackedRestore restore -> on(event, "restores", "Restores that have ended, by how", restore);
            case TrackedVerification verification -> verified(event, verification);
            case TrackedDrill drill -> on(event, "drills", "Restore drills of policies that have ended, by how", drill);
        }
    }

    private void on(JobEvent event, TrackedBackup backup, Slot slot) {
        switch (event) {
            case JobEvent.Queued _, JobEvent.Withdrawn _ -> {
                // Nothing is counted of a job that has not begun.
            }
            case JobEvent.Began began -> attempts.put(slot, began.at());
            case JobEvent.Progressed(TrackedJob _, RunProgress progress) -> account(backup, slot, progress);
            case JobEvent.Ended ended -> ended(ended, slot);
        }
    }

    /// A job of a policy counts as many verifications as it has read backups.
    private void verified(JobEvent event, TrackedVerification job) {
        String description = "Verifications that have ended, by how";
        if (job.isOfPolicy() && event instanceof JobEvent.Ended ended) {
            counter("verifications", description, Tags.of("database", job.database(), "outcome", "good"))
                    .increment(job.sound());
            if (ended.outcome() == JobOutcome.GOOD) {
                return;
            }
        }
        on(event, "verifications", description, job);
    }

    /// Of restores, verifications and drills only the end is counted.
    private void on(JobEvent event, String name, String description, TrackedJob job) {
        if (event instanceof JobEvent.Ended ended) {
            counter(name, description, Tags.of("database", job.database(), "outcome", outcome(ended.outcome())))
                    .increment();
        }
    }

    private static String outcome(JobOutcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }

    /// Counts what a run has moved and waited for since it was counted last. What is counted stays known:
    /// metrics may be read once more before the job is over.
    private void account(TrackedJob work, Slot slot, RunProgress progress) {
        Accounted before = accounted.computeIfAbsent(work, _ -> new Accounted());
        long bytes = progress.bytes();
        counter("source_bytes", "Bytes taken from SQL Server", slot.tags()).increment((double) (bytes - before.bytes));
        before.bytes = bytes;
        for (RunProgress.Waiting what : WAITS) {
            double seconds = 0;
            for (int i = 0; i < progress.stripes(); i++) {
                seconds += progress.waited(i, what).toNanos() / 1e9;
            }
            double more = Math.max(0, seconds - before.seconds.getOrDefault(what, 0.0));
            counter(
                            "vdi_stall_seconds",
                            "How long stripes have waited, and for whom",
                            slot.tags().and("side", side(what)))
                    .increment(more);
            before.seconds.put(what, seconds);
        }
    }

    private void ended(JobEvent.Ended job, Slot slot) {
        String outcome = outcome(job.outcome());
        counter("runs", "Jobs that have ended, by how", slot.tags().and("outcome", outcome))
                .increment();
        if (job.outcome() != JobOutcome.LEFT_OUT) {
            Timer.builder("mssql_backup_run_duration")
                    .description("How long backups took, whatever came of them")
                    .tags(slot.tags())
                    .serviceLevelObjectives(BUCKETS)
                    .register(registry)
                    .record(job.lasted());
        }
        RunProgress progress = job.job().progress();
        if (progress != null) {
            bottlenecks.put(slot, progress.bottleneck());
        }
        if (job.backup() != null) {
            stored(slot, job.backup());
        }
        if (job.failure() != null) {
            failed(slot, job.failure().id());
        }
    }

    private void failed(Slot slot, FailureId reason) {
        counter(
                        "failures",
                        "Backups that failed, by the id of the error",
                        slot.tags().and("reason", reason.text()))
                .increment();
        if (reason == FailureId.LOG_FILLING_UP) {
            counter(
                            "log_guard_trips",
                            "Backups that were ended because the log was filling up",
                            Tags.of("database", slot.database()))
                    .increment();
        }
    }

    private void stored(Slot slot, BackupResult result) {
        BackupDocument document = result.document();
        counter("stored_bytes", "Bytes of good backups in the bucket", slot.tags())
                .increment((double) document.bytes());
        lastSizes.put(key(slot, "stored"), (double) document.bytes());
        document.facts().backupSize().ifPresent(logical -> lastSizes.put(key(slot, "logical"), (double) logical));
    }

    private static String key(Slot slot, String kind) {
        return slot.type() + " " + kind + " " + slot.database();
    }

    synchronized void pruned(String database, long count) {
        counter("pruned", "Backups that were removed", Tags.of("database", database))
                .increment((double) count);
    }

    /// @param reason why a request over HTTP was turned away
    public void refused(String reason) {
        counter("http_refused", "Requests over HTTP that were turned away, by why", Tags.of("reason", reason))
                .increment();
    }

    /// @param counts notifications that were settled so far, by receiver and outcome; asked at each scrape, and each
    ///               adder stays where it is once it is there
    public void notifications(Supplier<Map<NotificationCount, LongAdder>> counts) {
        notifications = counts;
    }

    /// What does not reach the bucket is counted, because no job fails by it.
    public void history(History history) {
        FunctionCounter.builder("mssql_backup_history_failures", history, History::failures)
                .description("Attempts to store or to remove history that came to nothing")
                .register(registry);
        FunctionCounter.builder("mssql_backup_history_dropped", history, History::dropped)
                .description("Jobs that found no room in the history")
                .register(registry);
    }

    /// @param last asked at each scrape
    void leftOut(LastLeftOut last) {
        leftOut = last;
    }

    /// @param views of all databases that have drills or are to have them; asked at each scrape
    void drills(Supplier<Map<String, ScheduledDrills.View>> views) {
        drills = views;
    }

    /// @param views of all databases whose policy asks for verifications; asked at each scrape
    void verifications(Supplier<Map<String, VerificationView>> views) {
        verifications = views;
    }

    /// @param asked for the pause of each type of each database; at each scrape
    void pauses(Function<Slot, Optional<Pause>> asked) {
        pauses = asked;
    }

    /// What is counted of notifications.
    ///
    /// @param receiver its configured name
    public record NotificationCount(String receiver, String outcome) {}

    // ---- what is ----

    /// In Prometheus' own text format.
    public String scrape() {
        // Outside of the monitor: it asks the jobs, which tell their events to this object under a lock of their own.
        return written(state.get());
    }

    private synchronized String written(State now) {
        rows("sql_up", "Whether SQL Server answered last", List.of(Row.of(Tags.empty(), now.sqlUp ? 1 : 0)));
        rows("storage_up", "Whether the bucket answered last", List.of(Row.of(Tags.empty(), now.storageUp ? 1 : 0)));
        rows(
                "recovered",
                "Whether `recover` has come through, so that backups begin",
                List.of(Row.of(Tags.empty(), now.recovered ? 1 : 0)));
        rows(
                "left_over",
                "What the last `recover` could not read, or not remove",
                List.of(Row.of(Tags.empty(), now.left)));
        List<Row<?>> running = new ArrayList<>();
        for (BackupType type : BackupType.values()) {
            running.add(
                    Row.of(Tags.of("type", type.name().toLowerCase(Locale.ROOT)), now.running.getOrDefault(type, 0)));
        }
        rows("running", "Backups that run now", running);
        slots(now);
        DatabaseMetrics.write(now, this::rows);
        Map<String, ScheduledDrills.View> views = drills.get();
        ProofMetrics.drills(views, this::rows);
        ProofMetrics.verifications(verifications.get(), this::rows);
        PauseMetrics.write(this, now.slots, pauses, views);
        notifications.get().forEach((what, count) -> {
            if (countedNotifications.add(what)) {
                FunctionCounter.builder("mssql_backup_notifications", count, LongAdder::sum)
                        .description("Notifications that were delivered, failed or dropped")
                        .tags("receiver", what.receiver(), "outcome", what.outcome())
                        .register(registry);
            }
        });
        return registry.scrape();
    }

    private void slots(State now) {
        List<Row<?>> success = new ArrayList<>();
        List<Row<?>> attempt = new ArrayList<>();
        List<Row<?>> next = new ArrayList<>();
        List<Row<?>> left = new ArrayList<>();
        List<Row<?>> sizes = new ArrayList<>();
        List<Row<?>> sides = new ArrayList<>();
        for (Slot slot : now.slots) {
            InventoryCache.View view = now.databases.get(slot.database());
            Instant ended = view == null ? null : view.ended().get(slot.type());
            success.add(Row.of(slot.tags(), seconds(ended)));
            attempt.add(Row.of(slot.tags(), seconds(attempts.get(slot))));
            next.add(Row.of(slot.tags(), seconds(now.due.get(slot))));
            left.add(Row.of(
                    slot.tags(),
                    leftOut.of(slot.database(), slot.type())
                            .map(one -> seconds(one.at()))
                            .orElse(0.0)));
            counter("runs", "Jobs that have ended, by how", slot.tags().and("outcome", "good"));
            counter("runs", "Jobs that have ended, by how", slot.tags().and("outcome", "failed"));
            counter(
                    "log_guard_trips",
                    "Backups that were ended because the log was filling up",
                    Tags.of("database", slot.database()));
            for (String kind : List.of("logical", "stored")) {
                sizes.add(Row.of(slot.tags().and("kind", kind), lastSizes.getOrDefault(key(slot, kind), 0.0)));
            }
            RunProgress.Waiting bottleneck = bottlenecks.get(slot);
            if (bottleneck != null) {
                for (RunProgress.Waiting what : WAITS) {
                    sides.add(Row.of(slot.tags().and("side", side(what)), what == bottleneck ? 1 : 0));
                }
            }
        }
        rows("last_success_timestamp_seconds", "When the last good backup ended; 0 when there never was one", success);
        rows("last_attempt_timestamp_seconds", "When one was begun last by this process; 0 when none", attempt);
        rows("next_run_timestamp_seconds", "When the next one is due, or has been since; 0 when none is", next);
        rows(
                "last_left_out_timestamp_seconds",
                "When this process left one out as not worth it, and took none since; 0 otherwise",
                left);
        rows("last_size_bytes", "Size of the last good backup that this process took", sizes);
        rows("bottleneck", "1 for what the last backup's stripes waited for longest", sides);
    }

    static double seconds(@org.jspecify.annotations.Nullable Instant instant) {
        return instant == null ? 0 : instant.toEpochMilli() / 1000.0;
    }

    /// Replaces all series of a gauge. Called under this object's lock.
    void rows(String name, String description, List<? extends Row<?>> rows) {
        gauges.computeIfAbsent(
                        name,
                        _ -> MultiGauge.builder("mssql_backup_" + name)
                                .description(description)
                                .register(registry))
                .register(List.copyOf(rows), true);
    }
}
