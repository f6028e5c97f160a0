package dev.sluice.engine.restore;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.plan.RestorePlan.Stop;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// What to restore, and as what.
///
/// @param steps    in order
/// @param spare    to go on with, one by one, while a restore to an instant has left the database restoring
/// @param database name of the database to restore into
/// @param moves    logical name to path, for files that shall not go where they would
/// @param existing what may happen to a database of that name
/// @param choices  what else was decided
public record RestoreRequest(
        List<RestoreStep> steps,
        List<RestoreStep> spare,
        String database,
        Map<String, String> moves,
        Existing existing,
        Choices choices) {

    /// What a person decides about a restore beyond its point and its name.
    ///
    /// @param defaultPaths    whether every file goes to the instance's default directories, but for those of
    ///                        `moves`
    /// @param acceptRewritten whether objects are read that are not the ones that were stored, by their ETag:
    ///                        they were copied since, and their bytes are checked in any case
    public record Choices(boolean defaultPaths, boolean acceptRewritten) {
        public static final Choices NONE = new Choices(false, false);
    }

    /// What may happen to a database that is there already.
    public enum Existing {
        /// Nothing: the restore is refused.
        KEEP,
        /// It is overwritten, if no log is lost by it.
        REPLACE,
        /// It is overwritten, and the tail of its log with it.
        REPLACE_AND_DISCARD_TAIL,
        /// It is restoring, and the restore goes on.
        CONTINUE;

        boolean replaces() {
            return this == REPLACE || this == REPLACE_AND_DISCARD_TAIL;
        }
    }

    public RestoreRequest {
        if (database.isEmpty()) {
            throw new IllegalArgumentException("a restore needs the name of a database");
        }
        if (steps.isEmpty()) {
            throw new IllegalArgumentException("a restore has at least one step");
        }
        steps = List.copyOf(steps);
        spare = List.copyOf(spare);
        moves = Map.copyOf(moves);
    }

    /// With nothing else decided.
    public RestoreRequest(
            List<RestoreStep> steps,
            List<RestoreStep> spare,
            String database,
            Map<String, String> moves,
            Existing existing) {
        this(steps, spare, database, moves, existing, Choices.NONE);
    }

    public RestoreRequest withChoices(Choices other) {
        return new RestoreRequest(steps, spare, database, moves, existing, other);
    }

    /// One backup, and nothing else.
    ///
    /// @param replace whether an existing database of that name may be overwritten, the tail of its log included
    /// @param recover whether the database is opened afterwards; otherwise it waits for further backups
    public static RestoreRequest of(BackupDocument backup, String database, boolean replace, boolean recover) {
        return new RestoreRequest(
                List.of(new RestoreStep.Read(
                        backup, new Stop.Nowhere(), recover ? new Recovery.Recover() : new Recovery.NoRecovery())),
                List.of(),
                database,
                Map.of(),
                replace ? Existing.REPLACE_AND_DISCARD_TAIL : Existing.KEEP);
    }

    /// @param documents of all backups of the plan
    public static RestoreRequest of(
            RestorePlan plan,
            List<BackupDocument> documents,
            String database,
            Map<String, String> moves,
            Existing existing) {
        Map<String, BackupDocument> byId = new LinkedHashMap<>();
        documents.forEach(document -> byId.put(document.backupId(), document));
        return new RestoreRequest(
                plan.steps().stream().map(step -> RestoreStep.of(step, byId)).toList(),
                plan.spare().stream().map(step -> RestoreStep.of(step, byId)).toList(),
                database,
                moves,
                existing);
    }

    /// The backups that are read, the spare ones not among them.
    public List<BackupDocument> backups() {
        return reads(steps.stream());
    }

    List<BackupDocument> allBackups() {
        return reads(Stream.concat(steps.stream(), spare.stream()));
    }

    private static List<BackupDocument> reads(Stream<RestoreStep> steps) {
        return steps.<BackupDocument>mapMulti((step, sink) -> {
                    if (step instanceof RestoreStep.Read read) {
                        sink.accept(read.backup());
                    }
                })
                .toList();
    }

    long bytes() {
        return backups().stream().mapToLong(BackupDocument::bytes).sum();
    }
}
