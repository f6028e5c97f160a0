package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.sidecar.schedule.BackupJob;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A job from the moment it is known until it is forgotten.
///
/// **Threading:** its job's thread writes, any thread reads and cancels.
final class TrackedJob {

    final BackupJob job;
    private volatile @Nullable Instant began;
    private volatile @Nullable Instant ended;
    private volatile @Nullable BackupType taken;
    private volatile @Nullable JobOutcome ending;
    private volatile @Nullable String backupId;
    private volatile @Nullable RunProgress progress;
    private volatile @Nullable Map<String, Object> failure;
    private volatile String note = "";
    private boolean cancelled;
    private @Nullable StartedRun<BackupResult> started;

    TrackedJob(BackupJob job) {
        this.job = job;
    }

    void begin(Instant now) {
        began = now;
    }

    void take(BackupType type, String why) {
        taken = type;
        note(why);
    }

    BackupType takenOrPlanned() {
        BackupType type = taken;
        return type == null ? job.type() : type;
    }

    /// From here on a cancel reaches the run.
    synchronized void running(StartedRun<BackupResult> run) {
        started = run;
        if (cancelled) {
            run.cancel();
        }
    }

    void streaming(String id, RunProgress now) {
        backupId = id;
        progress = now;
    }

    @Nullable
    RunProgress progress() {
        return progress;
    }

    synchronized void cancel() {
        cancelled = true;
        if (started != null) {
            started.cancel();
        }
    }

    synchronized boolean isCancelled() {
        return cancelled;
    }

    void fail(OperationFailed why) {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("id", why.id().text());
        error.put("what", why.what());
        error.put("hint", why.hint());
        failure = error;
    }

    /// Adds a sentence, if it is one.
    void note(String sentence) {
        if (!sentence.isEmpty()) {
            note = note.isEmpty() ? sentence : "%s; %s".formatted(note, sentence);
        }
    }

    void end(JobOutcome how, Instant now) {
        ending = how;
        ended = now;
    }

    boolean isOver() {
        return ended != null;
    }

    String state() {
        JobOutcome over = ending;
        if (over != null) {
            return over.name().toLowerCase(Locale.ROOT);
        }
        return began == null ? "queued" : isCancelled() ? "cancelling" : "running";
    }

    /// For the HTTP interface; what is not known is left out.
    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", job.id());
        json.put("database", job.database());
        json.put("type", job.type().name());
        put(json, "taken", taken);
        json.put("copyOnly", job.copyOnly());
        json.put("origin", job.asked() ? "request" : job.reason().isEmpty() ? "schedule" : "chain");
        json.put("state", state());
        put(json, "due", job.due());
        put(json, "began", began);
        put(json, "ended", ended);
        put(json, "backupId", backupId);
        if (!note.isEmpty()) {
            json.put("note", note);
        }
        put(json, "error", failure);
        RunProgress now = progress;
        if (now != null) {
            json.put("progress", progress(now));
        }
        return json;
    }

    private static void put(Map<String, Object> json, String name, @Nullable Object value) {
        if (value != null) {
            json.put(name, value instanceof Map ? value : value.toString());
        }
    }

    private static Map<String, Object> progress(RunProgress now) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("bytes", now.bytes());
        json.put("expectedBytes", now.expectedBytes());
        json.put("percent", now.percent());
        json.put("bottleneck", side(now.bottleneck()));
        List<Map<String, Object>> stripes = new ArrayList<>();
        for (int i = 0; i < now.stripes(); i++) {
            Map<String, Object> stripe = new LinkedHashMap<>();
            stripe.put("stripe", i + 1);
            for (RunProgress.Waiting what : WAITS) {
                stripe.put(side(what) + "Seconds", now.waited(i, what).toMillis() / 1000.0);
            }
            stripes.add(stripe);
        }
        json.put("waited", stripes);
        return json;
    }

    static final List<RunProgress.Waiting> WAITS =
            List.of(RunProgress.Waiting.SQL_SERVER, RunProgress.Waiting.MEMORY, RunProgress.Waiting.STORE);

    /// As metrics call whom a stripe waited for.
    static String side(RunProgress.Waiting what) {
        return switch (what) {
            case SQL_SERVER, NOTHING -> "sql";
            case MEMORY -> "memory";
            case STORE -> "s3";
        };
    }
}
