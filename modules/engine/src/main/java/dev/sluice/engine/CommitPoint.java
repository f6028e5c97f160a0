package dev.sluice.engine;

import dev.sluice.s3.StoredSegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Decides whether SQL Server may be told that the backup is durable, once for all stripes.
///
/// A stripe is flushed when all it received is in the bucket. The answer that leaves every stripe flushed lets SQL
/// Server call the backup good, and truncate its log: it is given only after the pending document describes the
/// whole backup, and from then on nothing cancels any more. A later Write takes that back, because then SQL Server
/// has not finished (it flushes several times for FILESTREAM data).
///
/// **Threading:** the devices' threads, the store's threads and whoever cancels.
final class CommitPoint {

    private enum Stage {
        OPEN,
        PASSED,
        CANCELLED
    }

    private final List<@Nullable List<StoredSegment>> flushed = new ArrayList<>();
    private final Function<List<List<StoredSegment>>, Mono<Void>> describe;

    private Stage stage = Stage.OPEN;
    private @Nullable Mono<Void> description;

    /// @param describe writes the document that holds all stripes' segments; emits when it is in the bucket
    CommitPoint(int stripes, Function<List<List<StoredSegment>>, Mono<Void>> describe) {
        this.describe = describe;
        for (int i = 0; i < stripes; i++) {
            flushed.add(null);
        }
    }

    /// A stripe receives bytes: it is not flushed, and SQL Server is not through.
    synchronized void writing(int stripe) {
        if (flushed.get(stripe) != null) {
            flushed.set(stripe, null);
            description = null;
            if (stage == Stage.PASSED) {
                stage = Stage.OPEN;
            }
        }
    }

    /// A stripe is flushed, into these segments from its beginning. Completes when SQL Server may be told so.
    ///
    /// Waits for the store only, never for another stripe.
    ///
    /// **Errors:** [CancellationException] when the run was cancelled first; the store's failure.
    Mono<Void> durable(int stripe, List<StoredSegment> segments) {
        return Mono.defer(() -> {
            Mono<Void> described = flushedAll(stripe, segments);
            return described == null ? Mono.empty() : described.then(Mono.fromRunnable(this::pass));
        });
    }

    private synchronized @Nullable Mono<Void> flushedAll(int stripe, List<StoredSegment> segments) {
        flushed.set(stripe, List.copyOf(segments));
        if (flushed.contains(null)) {
            return null;
        }
        Mono<Void> described = description;
        if (described == null) {
            described = describe.apply(segments()).cache();
            description = described;
        }
        return described;
    }

    private synchronized void pass() {
        if (stage == Stage.CANCELLED) {
            throw new CancellationException("the run was cancelled before SQL Server was told that the backup is good");
        }
        if (!flushed.contains(null)) {
            stage = Stage.PASSED;
        }
    }

    /// Cancels, unless it is too late.
    ///
    /// @return whether the run is cancelled; if not, only the verdict can be waited for
    synchronized boolean cancel() {
        if (stage == Stage.OPEN) {
            stage = Stage.CANCELLED;
        }
        return stage == Stage.CANCELLED;
    }

    /// Whether SQL Server may have called the backup good.
    synchronized boolean passed() {
        return stage == Stage.PASSED;
    }

    /// Every stripe's segments.
    private List<List<StoredSegment>> segments() {
        List<List<StoredSegment>> all = new ArrayList<>();
        for (List<StoredSegment> stripe : flushed) {
            all.add(stripe == null ? List.of() : stripe);
        }
        return List.copyOf(all);
    }

    /// As far as stripes are flushed.
    synchronized List<List<StoredSegment>> described() {
        return segments();
    }
}
