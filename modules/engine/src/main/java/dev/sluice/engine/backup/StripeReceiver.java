package dev.sluice.engine.backup;

import dev.sluice.engine.run.RunProgress;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.s3.StripeUpload;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.reactor.Lease;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/// One stripe of a backup: takes SQL Server's buffers as fast as the store has memory for them.
///
/// A command is asked for when the largest possible Write would fit, so a Write is copied and answered inside
/// `onNext`, without a wait and without another thread. A Flush is answered when everything is durable.
///
/// After a failure it goes on answering, with an error: SQL Server drains its devices and says in its own words
/// that the backup failed, which an abort at once would hide.
///
/// **Threading:** signals come on the device's thread; the store's answers on its own.
final class StripeReceiver extends BaseSubscriber<Lease> {

    /// What SQL Server prints as operating system error; of the codes it knows for certain this one ends the
    /// backup.
    private static final int FAILED = CompletionCode.ERROR_DISK_FULL;

    private final int stripe;
    private final StripeUpload upload;
    private final PassingStream stream;
    private final CommitPoint commitPoint;
    private final RunProgress progress;
    private final int maxTransfer;
    private final Consumer<Throwable> fail;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean failing;

    /// @param fail tells the run of a failure; any number of times, only the first counts
    StripeReceiver(
            int stripe,
            StripeUpload upload,
            PassingStream stream,
            CommitPoint commitPoint,
            RunProgress progress,
            int maxTransfer,
            Consumer<Throwable> fail) {
        this.stripe = stripe;
        this.upload = upload;
        this.stream = stream;
        this.commitPoint = commitPoint;
        this.progress = progress;
        this.maxTransfer = maxTransfer;
        this.fail = fail;
    }

    /// Completes when SQL Server has closed the device, or the set was aborted.
    CompletableFuture<Void> ended() {
        return ended;
    }

    /// From here on every command is answered with an error.
    void failing() {
        failing = true;
        request(1);
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        askForNext();
    }

    private void askForNext() {
        if (failing) {
            request(1);
            return;
        }
        progress.waiting(stripe, RunProgress.Waiting.MEMORY);
        upload.reserve(maxTransfer).subscribe(null, this::failed, () -> {
            progress.waiting(stripe, RunProgress.Waiting.SQL_SERVER);
            request(1);
        });
    }

    private void failed(Throwable failure) {
        fail.accept(failure);
        failing();
    }

    @Override
    protected void hookOnNext(Lease lease) {
        switch (lease.command()) {
            case Command.Write _ -> write(lease);
            case Command.Flush _, Command.Complete _ -> flush(lease);
            case Command.ClearError _ -> answer(lease, CompletionCode.ERROR_SUCCESS);
            case Command.Read _, Command.SetPosition _, Command.Media _, Command.Unknown _ ->
                answer(lease, CompletionCode.ERROR_NOT_SUPPORTED);
        }
    }

    private void write(Lease lease) {
        if (failing) {
            answer(lease, FAILED);
            return;
        }
        MemorySegment data = lease.data();
        try {
            commitPoint.writing(stripe);
            upload.write(data);
            stream.update(data);
        } catch (RuntimeException e) {
            fail.accept(e);
            failing = true;
            answer(lease, FAILED);
            return;
        }
        progress.moved(data.byteSize());
        lease.answer(CompletionCode.ERROR_SUCCESS, (int) data.byteSize());
        askForNext();
    }

    /// Complete is answered by the same rule as Flush: it may be all that a server sends, and after a Flush it
    /// finds everything done.
    private void flush(Lease lease) {
        if (failing) {
            answer(lease, FAILED);
            return;
        }
        progress.waiting(stripe, RunProgress.Waiting.STORE);
        // Here, on the device's thread: later ones may see the next Write.
        Inspection soFar = stream.flushed();
        upload.flush()
                .flatMap(segments -> commitPoint.durable(stripe, new CommitPoint.Flushed(segments, soFar)))
                .subscribe(
                        null,
                        failure -> {
                            fail.accept(failure);
                            failing = true;
                            answer(lease, FAILED);
                        },
                        () -> {
                            progress.waiting(stripe, RunProgress.Waiting.SQL_SERVER);
                            lease.answer(CompletionCode.ERROR_SUCCESS);
                            askForNext();
                        });
    }

    private void answer(Lease lease, int code) {
        lease.answer(code);
        request(1);
    }

    @Override
    protected void hookOnComplete() {
        progress.waiting(stripe, RunProgress.Waiting.NOTHING);
        ended.complete(null);
    }

    @Override
    protected void hookOnError(Throwable failure) {
        ended.complete(null);
        fail.accept(failure);
    }
}
