package dev.sluice.engine.restore;

import dev.sluice.engine.run.RunProgress;
import dev.sluice.s3.StripeDownload;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.reactor.Lease;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/// One stripe of a restore: fills SQL Server's buffers with checked bytes.
///
/// A command is asked for when the largest possible Read can be filled, or all that is left of the stripe, so a
/// Read is answered inside `onNext`. SQL Server may be silent for hours between two Reads, and may close the
/// device before the end of the data; both are normal.
///
/// **Threading:** signals come on the device's thread; the store's answers on its own.
final class StripeSender extends BaseSubscriber<Lease> {

    private final int stripe;
    private final StripeDownload download;
    private final RunProgress progress;
    private final int maxTransfer;
    private final Consumer<Throwable> fail;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean failing;

    /// @param fail tells the run of a failure; any number of times, only the first counts
    StripeSender(int stripe, StripeDownload download, RunProgress progress, int maxTransfer, Consumer<Throwable> fail) {
        this.stripe = stripe;
        this.download = download;
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
        progress.waiting(stripe, RunProgress.Waiting.STORE);
        download.await(maxTransfer).subscribe(_ -> {}, this::failed, () -> {
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
            case Command.Read _ -> read(lease);
            // A restore stores nothing, so everything is durable already.
            case Command.Flush _, Command.Complete _, Command.ClearError _ ->
                answer(lease, CompletionCode.ERROR_SUCCESS);
            case Command.Write _, Command.SetPosition _, Command.Media _, Command.Unknown _ ->
                answer(lease, CompletionCode.ERROR_NOT_SUPPORTED);
        }
    }

    private void read(Lease lease) {
        if (failing) {
            answer(lease, CompletionCode.ERROR_READ_FAULT);
            return;
        }
        int size = (int) lease.data().byteSize();
        int count;
        try {
            count = Math.max(0, download.read(lease.data()));
        } catch (RuntimeException e) {
            fail.accept(e);
            failing = true;
            answer(lease, CompletionCode.ERROR_READ_FAULT);
            return;
        }
        progress.moved(count);
        lease.answer(count < size ? CompletionCode.ERROR_HANDLE_EOF : CompletionCode.ERROR_SUCCESS, count);
        askForNext();
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
