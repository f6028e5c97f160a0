package dev.sluice.engine.backup;

import dev.sluice.engine.run.DeviceWork;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.s3.StoredSegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Decides whether SQL Server may be told that the backup is durable, once for all stripes.
///
/// A stripe is flushed when all it received is in the bucket. The answer that leaves every stripe flushed lets
/// SQL Server call the backup good, and truncate its log: it is given only after the pending document
/// describes the whole backup, and from then on nothing cancels any more. A later Write takes that back,
/// because then SQL Server has not finished (it flushes several times for FILESTREAM data).
///
/// Descriptions are written one after the other, so that an older one never lands on a newer one, and only the
/// newest lets anything pass.
///
/// **Threading:** the devices' threads, the store's threads and those that cancel.
final class CommitPoint implements DeviceWork.Consent {

    private enum Stage {
        OPEN,
        PASSED,
        CANCELLED
    }

    /// A stripe of which everything received is in the bucket.
    ///
    /// @param segments   where, from its beginning
    /// @param inspection what the stream has said about itself so far
    public record Flushed(List<StoredSegment> segments, Inspection inspection) {
        public Flushed {
            segments = List.copyOf(segments);
        }
    }

    private final List<@Nullable Flushed> flushed = new ArrayList<>();
    private final Function<List<Flushed>, Mono<Void>> describe;

    private Stage stage = Stage.OPEN;
    private boolean insisted;

    /// Completed, and replaced, when [Stage#PASSED] is taken back.
    private CompletableFuture<Void> reopened = new CompletableFuture<>();

    /// A description on its way into the bucket, or there.
    ///
    /// @param number  from 1, in the order of writing
    private record Description(int number, Mono<Void> written) {}

    /// Of the stripes as they are flushed now; null as long as one is not.
    private @Nullable Description description;

    private int descriptions;
    private Mono<Void> lastWritten = Mono.empty();

    /// @param describe writes the document that holds all stripes; emits when it is in the bucket
    public CommitPoint(int stripes, Function<List<Flushed>, Mono<Void>> describe) {
        this.describe = describe;
        for (int i = 0; i < stripes; i++) {
            flushed.add(null);
        }
    }

    /// A stripe receives bytes: it is not flushed, and SQL Server is not through.
    public void writing(int stripe) {
        CompletableFuture<Void> told = takeBack(stripe);
        if (told != null) {
            told.complete(null);
        }
    }

    private synchronized @Nullable CompletableFuture<Void> takeBack(int stripe) {
        if (flushed.get(stripe) == null) {
            return null;
        }
        flushed.set(stripe, null);
        description = null;
        if (stage != Stage.PASSED) {
            return null;
        }
        stage = Stage.OPEN;
        CompletableFuture<Void> told = reopened;
        reopened = new CompletableFuture<>();
        return told;
    }

    /// A stripe is flushed. Completes when SQL Server may be told so.
    ///
    /// Waits for the store only, never for another stripe.
    ///
    /// **Errors:** [CancellationException] when the run was cancelled first; the store's failure.
    public Mono<Void> durable(int stripe, Flushed state) {
        return Mono.defer(() -> {
            Description current = flushedAll(stripe, state);
            return current == null ? Mono.empty() : current.written().then(Mono.fromRunnable(() -> pass(current)));
        });
    }

    private synchronized @Nullable Description flushedAll(int stripe, Flushed state) {
        flushed.set(stripe, state);
        if (flushed.contains(null)) {
            return null;
        }
        Description current = description;
        if (current == null) {
            Mono<Void> write = describe.apply(described());
            Mono<Void> written = lastWritten.onErrorComplete().then(write).cache();
            lastWritten = written;
            current = new Description(++descriptions, written);
            description = current;
        }
        return current;
    }

    private synchronized void pass(Description written) {
        if (stage == Stage.CANCELLED && !insisted) {
            throw new CancellationException("the run was cancelled before SQL Server was told that the backup is good");
        }
        // Another one is under way when a stripe has received more meanwhile; that one decides.
        if (description != null && description.number() == written.number()) {
            stage = Stage.PASSED;
        }
    }

    /// Cancels, unless it is too late.
    ///
    /// @return whether the run is cancelled; if not, only the verdict can be waited for, or a Write
    @Override
    public synchronized boolean cancel() {
        if (stage == Stage.OPEN && !insisted) {
            stage = Stage.CANCELLED;
        }
        return stage == Stage.CANCELLED && !insisted;
    }

    /// Completes with the next Write that takes back what SQL Server was told: a cancel is not too late any more.
    @Override
    public synchronized CompletableFuture<Void> reopened() {
        return reopened;
    }

    /// Completes when no description is on its way any more, stored or failed: one that is still under way
    /// could land behind the removal of the document, and bring it back.
    Mono<Void> quiet() {
        return Mono.defer(this::last).onErrorComplete();
    }

    private synchronized Mono<Void> last() {
        return lastWritten;
    }

    /// SQL Server has called the backup good, with or without our answers: from here on it must become durable.
    synchronized void insist() {
        insisted = true;
    }

    /// Whether SQL Server may have called the backup good.
    public synchronized boolean passed() {
        return stage == Stage.PASSED;
    }

    /// Every stripe, as it was when all were flushed.
    ///
    /// **Errors:** [IllegalStateException] when one is not.
    synchronized List<Flushed> described() {
        List<Flushed> all = new ArrayList<>();
        for (Flushed stripe : flushed) {
            if (stripe == null) {
                throw new IllegalStateException(String.format(Locale.ROOT, "stripe %d is not flushed", all.size() + 1));
            }
            all.add(stripe);
        }
        return List.copyOf(all);
    }
}
