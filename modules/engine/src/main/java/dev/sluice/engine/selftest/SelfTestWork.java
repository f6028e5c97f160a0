package dev.sluice.engine.selftest;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.ScratchNote;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.backup.BackupRun;
import dev.sluice.engine.bucket.ProcessState;
import dev.sluice.engine.prove.ScratchDatabases;
import dev.sluice.engine.recovery.Leftover;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.restore.RestorePlanning;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreRequest.Choices;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.restore.RestoreRun;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Counted;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.engine.run.StepRuns;
import dev.sluice.engine.run.Storage;
import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.ScratchName;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Tsql;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.s3.ObjectInfo;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/// The production's own runs, on the self-test's database and directory, through recorded device sets.
///
/// **Threading:** the self-test's thread.
final class SelfTestWork {

    /// How often it is looked whether a scratch database is there, until it is.
    private static final Duration LOOK = Duration.ofMillis(100);

    private static final Duration CHECKS_WITHIN = Duration.ofMinutes(60);

    private final Environment own;
    private final StepRuns runs;
    private final Blocking blocking;
    private final ScratchDatabases scratch;
    private final SelfTestObserver observer;
    private final Ulid ulids;
    private final ProcessState processState = new ProcessState();
    private final String source;
    private final Consumer<String> left;

    /// @param env  of the server
    /// @param id   the self-test's ULID
    /// @param left is told what could not be removed
    SelfTestWork(
            Environment env,
            RecordedDeviceSets sets,
            StepRuns runs,
            Blocking blocking,
            SelfTestObserver observer,
            Ulid ulids,
            String id,
            Consumer<String> left) {
        this.own = within(env, sets, id);
        this.runs = runs;
        this.blocking = blocking;
        this.scratch = new ScratchDatabases(env, blocking);
        this.observer = observer;
        this.ulids = ulids;
        this.source = ScratchName.of(id);
        this.left = left;
    }

    /// The same server and bucket, in a directory of the self-test's own. Its objects get no lock: they shall go.
    private static Environment within(Environment env, RecordedDeviceSets sets, String id) {
        Keys keys = env.catalog().keys().selfTest(id);
        Storage storage = env.storage();
        return new Environment(
                keys.identity(),
                env.server(),
                sets,
                env.store(),
                new Catalog(env.store(), keys),
                env.budget(),
                env.transfer(),
                new Storage(storage.partSize(), storage.objects(), null),
                env.version());
    }

    Environment own() {
        return own;
    }

    String source() {
        return source;
    }

    ScratchDatabases scratch() {
        return scratch;
    }

    /// A backup that is expected to succeed.
    BackupResult backup(BackupRequest request) {
        BackupResult result = runs.run(backupRun(request, ulids.next()));
        if (!result.left().isEmpty()) {
            throw new SelfTestFailed(String.join("; ", result.left()));
        }
        return result;
    }

    /// A backup whose caller does something to it.
    BackupRun backupRun(BackupRequest request, String backupId) {
        return new BackupRun(own, processState, request.withDatabase(source), backupId, observer);
    }

    String nextId() {
        return ulids.next();
    }

    StepRuns runs() {
        return runs;
    }

    void throwIfCancelled() {
        blocking.throwIfCancelled();
    }

    // ---- restores ----

    /// Restores under a scratch name, has it checked, hands it to `look`, and drops it.
    ///
    /// @param point where the restore ends
    /// @param rows  that must be there
    /// @param look  gets the copy's name
    String restored(RestoreOrder.Point point, long rows, Consumer<String> look) {
        return restored(point, rows, rows, look);
    }

    /// As above, where it is not known exactly which rows the point includes.
    ///
    /// @param least that must be there
    /// @param most  that may be there
    String restored(RestoreOrder.Point point, long least, long most, Consumer<String> look) {
        String id = ulids.next();
        String copy = ScratchName.of(id);
        RestoreRequest request = RestorePlanning.plan(
                        own, blocking, RestoreOrder.of(source, point).as(copy).choosing(new Choices(true, false)))
                .required()
                .request();
        ScratchNote note;
        try (SqlSession session = own.server().connect()) {
            note = scratch.note(session, id, source);
        }
        try {
            StartedRun<RestoreResult> started = runs.start(new RestoreRun(own, request, id, observer));
            RestoreResult result;
            try {
                while (note.created() == null && !runs.isOver(started, LOOK)) {
                    note = scratch.seen(note);
                }
                result = runs.await(started);
            } catch (RuntimeException e) {
                StepRuns.end(started);
                throw e;
            }
            note = scratch.seen(note);
            requireSound(copy);
            SelfTestScratch.Found found = SelfTestScratch.found(own.server(), copy);
            if (!found.areComplete() || found.total() < least || found.total() > most) {
                throw new SelfTestFailed("restored to %s: the rows 1 to %s were expected, or up to %s, and it has %s"
                        .formatted(point, least, most, found));
            }
            look.accept(copy);
            return String.format(
                    Locale.ROOT,
                    "restored to %s: %s, %,d bytes, %.1f s; CHECKDB has no error; rows 1 to %d are there",
                    point,
                    Counted.of(result.backups(), "backup"),
                    result.bytes(),
                    result.seconds(),
                    found.total());
        } finally {
            drop(note);
        }
    }

    private void requireSound(String database) {
        List<ServerMessage> errors = check(database, "NO_INFOMSGS, ALL_ERRORMSGS").stream()
                .filter(ServerMessage::isError)
                .toList();
        if (!errors.isEmpty()) {
            throw new SelfTestFailed("DBCC CHECKDB of %s: %s".formatted(database, errors));
        }
    }

    /// What DBCC CHECKDB says.
    List<ServerMessage> check(String database, String options) {
        RunningStatement statement = RunningStatement.list(
                own.server().connect(),
                "sluice-checkdb",
                "DBCC CHECKDB (" + Tsql.literal(database) + ") WITH " + options,
                observer::said,
                _ -> {});
        Verdict verdict;
        try {
            verdict = blocking.read(Mono.fromFuture(statement.verdict(), true).timeout(CHECKS_WITHIN, Mono.empty()))
                    .orElse(null);
        } catch (CancellationException e) {
            statement.cancel();
            throw e;
        }
        if (verdict == null || verdict instanceof Verdict.Unknown) {
            statement.abandon("DBCC CHECKDB took too long");
            throw new SelfTestFailed("DBCC CHECKDB of %s did not end: %s".formatted(database, verdict));
        }
        return verdict.messages();
    }

    void drop(ScratchNote note) {
        try {
            scratch.drop(scratch.seen(note))
                    .filter(dropped -> !dropped.dropped())
                    .ifPresent(this::stays);
        } catch (RuntimeException e) {
            left.accept("database %s: it could not be dropped, which `sluice recover` tries again: %s"
                    .formatted(note.scratch(), e.getMessage()));
        }
    }

    private void stays(Leftover leftover) {
        left.accept("database %s: %s".formatted(leftover.database(), leftover.text()));
    }

    // ---- the bucket ----

    /// Keys of everything that the self-test has in the bucket.
    List<String> keys() {
        return blocking.readAll(own.store().list(own.catalog().keys().root()).map(ObjectInfo::key));
    }

    /// Nothing is left of a backup that was ended.
    void requireNothingOf(String backupId) {
        List<String> objects =
                keys().stream().filter(key -> key.contains(backupId)).toList();
        long uploads = blocking.readAll(own.store().uploads(own.catalog().keys().root())).stream()
                .filter(upload -> upload.key().contains(backupId))
                .count();
        if (!objects.isEmpty() || uploads > 0) {
            throw new SelfTestFailed("backup %s was ended, and has left %s and %s uploads in the bucket"
                    .formatted(backupId, objects, uploads));
        }
    }

    static String described(BackupResult result) {
        BackupDocument document = result.document();
        return String.format(
                Locale.ROOT,
                "%s backup %s: %,d bytes in %.1f s%s",
                document.type().name().toLowerCase(Locale.ROOT),
                document.backupId(),
                document.bytes(),
                result.seconds(),
                result.historyMissing() ? "; msdb has no row of it" : "");
    }
}
