package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.sidecar.config.HookSection;
import dev.sluice.sidecar.schedule.BackupJob;
import org.jspecify.annotations.Nullable;

/// A backup that the schedule or a person asks for.
public final class TrackedBackup extends TrackedJob {

    private final BackupJob job;
    private volatile @Nullable BackupType taken;
    private volatile @Nullable String backupId;
    private volatile boolean unneeded;
    private volatile HookSection.@Nullable After after;

    TrackedBackup(BackupJob job) {
        this.job = job;
        super(job.id());
    }

    public BackupJob job() {
        return job;
    }

    @Override
    public String database() {
        return job.database();
    }

    void take(BackupType type, String why) {
        taken = type;
        note(why);
    }

    /// What is taken, which may be more than was planned; null before that is decided.
    public @Nullable BackupType taken() {
        return taken;
    }

    BackupType takenOrPlanned() {
        BackupType type = taken;
        return type == null ? job.type() : type;
    }

    /// It could be taken, and is left out because it is not worth it.
    void leaveOutAsUnneeded() {
        unneeded = true;
    }

    boolean isUnneeded() {
        return unneeded;
    }

    /// What runs when it is over, as its policy said when it began.
    void runAfterwards(HookSection.@Nullable After program) {
        after = program;
    }

    /// Null for nothing, and as long as it has not begun.
    HookSection.@Nullable After afterwards() {
        return after;
    }

    void streaming(String id, RunProgress now) {
        backupId = id;
        streaming(now);
    }

    /// Null before its first byte.
    public @Nullable String backupId() {
        return backupId;
    }
}
