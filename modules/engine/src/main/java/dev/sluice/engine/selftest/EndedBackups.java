package dev.sluice.engine.selftest;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.run.DeviceNames;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.engine.sql.Requests;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.vdi.Command;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Backups that are ended before they are done: by a cancel at a moment, and by KILL.
///
/// **Threading:** the self-test's thread.
final class EndedBackups {

    private static final int KILLS_WITHIN_SECONDS = 20;

    private final SelfTestWork work;
    private final RecordedDeviceSets sets;
    private final long half;

    /// @param bytes of the rows
    EndedBackups(SelfTestWork work, RecordedDeviceSets sets, long bytes) {
        this.work = work;
        this.sets = sets;
        this.half = bytes / 2;
    }

    /// When a backup is cancelled.
    enum Moment {
        CREATED("when the set is created"),
        CONFIGURED("when SQL Server has configured it"),
        FIRST_WRITE("at the first Write"),
        HALF("when half of the rows has passed"),
        FLUSH("at the Flush");

        private final String text;

        Moment(String text) {
            this.text = text;
        }

        boolean is(String call, @Nullable Command command, long bytes, long half) {
            return switch (this) {
                case CREATED -> call.equals("Create");
                case CONFIGURED -> call.equals("GetConfiguration");
                case FIRST_WRITE -> command instanceof Command.Write;
                case HALF -> command instanceof Command.Write && bytes >= half;
                case FLUSH -> command instanceof Command.Flush;
            };
        }
    }

    /// @return what was seen
    String cancelled(Moment moment) {
        String backupId = work.nextId();
        CompletableFuture<StartedRun<BackupResult>> running = new CompletableFuture<>();
        AtomicBoolean met = new AtomicBoolean();
        sets.listen((call, command, bytes) -> {
            if (moment.is(call, command, bytes, half) && met.compareAndSet(false, true)) {
                var _ = running.thenAccept(StartedRun::cancel);
            }
        });
        long began = System.nanoTime();
        String end;
        try {
            StartedRun<BackupResult> started = work.runs().start(work.backupRun(request(), backupId));
            running.complete(started);
            BackupResult result = work.runs().await(started);
            if (!met.get()) {
                throw new SelfTestFailed("the moment never came: " + moment.text);
            }
            end = "too late, and the backup is good: " + SelfTestWork.described(result);
        } catch (OperationFailed | CancellationException e) {
            work.throwIfCancelled();
            if (e instanceof OperationFailed failure && failure.id() != FailureId.CANCELLED) {
                throw e;
            }
            work.requireNothingOf(backupId);
            end = "gone after %s ms, with nothing left".formatted((System.nanoTime() - began) / 1_000_000);
        } finally {
            sets.listen((_, _, _) -> {});
        }
        return "cancelled " + moment.text + ": " + end;
    }

    /// Kills the session of a backup when half of it has passed; the device's thread waits until that is done.
    ///
    /// @return what was seen
    String killed() {
        String backupId = work.nextId();
        String set = BackupDocument.deviceSet(backupId);
        AtomicBoolean met = new AtomicBoolean();
        AtomicReference<@Nullable RuntimeException> refused = new AtomicReference<>();
        CountDownLatch done = new CountDownLatch(1);
        sets.listen((_, command, bytes) -> {
            if (command instanceof Command.Write && bytes >= half && met.compareAndSet(false, true)) {
                Thread.ofVirtual().name("sluice-kill").start(() -> {
                    try {
                        kill(set);
                    } catch (RuntimeException e) {
                        refused.set(e);
                    } finally {
                        done.countDown();
                    }
                });
                awaitQuietly(done);
            }
        });
        try {
            BackupResult result = work.runs().await(work.runs().start(work.backupRun(request(), backupId)));
            RuntimeException why = refused.get();
            throw why != null
                    ? why
                    : new SelfTestFailed(
                            "its session was killed, and the backup is good: " + SelfTestWork.described(result));
        } catch (OperationFailed e) {
            RuntimeException why = refused.get();
            if (why != null) {
                throw why;
            }
            work.requireNothingOf(backupId);
            return "killed when half of the rows had passed, with nothing left; told as %s: %s"
                    .formatted(e.id().text(), e.what().replace("\n", "; "));
        } finally {
            sets.listen((_, _, _) -> {});
        }
    }

    private void kill(String set) {
        try (SqlSession session = work.own().server().connect()) {
            List<Requests.Running> running = Requests.about(session, DeviceNames.program(set), set);
            if (running.isEmpty()) {
                throw new SelfTestFailed("the backup's session is not in sys.dm_exec_requests");
            }
            Requests.kill(session, running.getFirst());
        }
    }

    private static void awaitQuietly(CountDownLatch done) {
        try {
            var _ = done.await(KILLS_WITHIN_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Copy-only, so that the chain of the other steps stays as it is.
    private BackupRequest request() {
        return BackupRequest.full(work.source(), 1).withCopyOnly(true);
    }
}
