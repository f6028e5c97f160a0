package dev.sluice.s3;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import org.reactivestreams.Subscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import software.amazon.awssdk.core.async.AsyncRequestBody;

/// One attempt's view of a part: it shares the slabs with every other attempt, and can be shut.
///
/// Once [#shut()] has returned, this body hands out no further buffer of the part; [Wire#quiet()] waits for the
/// buffers that it has handed out before.
final class PartBody implements AsyncRequestBody {
    /// Of a slice over plain HTTP: small enough that a slow connection shows progress within its stall timeout (a
    /// mebibyte in 30 s), and large enough that the overhead of a slice is small: slices of half the size cost a
    /// sixth more processor time.
    static final int SLICE = 1 << 20;

    /// Of a slice over TLS. The SDK asks for 16 slices at once, and TLS makes records of all of them before the first
    /// is sent: memory beyond the budget, for each connection, which Netty fills with zeros each time it gets it.
    static final int SLICE_OVER_TLS = 256 * 1024;

    private final List<Slab> slabs;
    private final int slabSize;
    private final int slice;
    private final int length;
    private final RateLimit limit;
    private final Sinks.Empty<Void> lid = Sinks.empty();
    private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);

    private enum State {
        OPEN,
        /// The last slice was handed out, but the attempt has not ended.
        SENT,
        SHUT
    }

    /// @param slice at most how many bytes go in one buffer; slabs are a multiple of it, or smaller
    PartBody(List<Slab> slabs, int slabSize, int slice, int length, RateLimit limit) {
        this.slabs = slabs;
        this.slabSize = slabSize;
        this.slice = Math.min(slice, slabSize);
        this.length = length;
        this.limit = limit;
    }

    @Override
    public Optional<Long> contentLength() {
        return Optional.of((long) length);
    }

    @Override
    public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
        Flux<ByteBuffer> slices = Flux.range(0, (length + slice - 1) / slice).map(this::slice);
        if (!limit.unlimited()) {
            slices = slices.concatMap(this::inTime, 0);
        }
        slices.takeUntilOther(lid.asMono()).subscribe(subscriber);
    }

    private Mono<ByteBuffer> inTime(ByteBuffer slice) {
        Duration wait = limit.book(slice.remaining());
        return wait.isZero() ? Mono.just(slice) : Mono.delay(wait).thenReturn(slice);
    }

    void shut() {
        state.set(State.SHUT);
        lid.tryEmitEmpty();
    }

    /// Shuts the body, unless the server may already have all of the bytes.
    ///
    /// @return whether it is shut
    boolean shutUnlessSent() {
        if (state.compareAndSet(State.OPEN, State.SHUT)) {
            lid.tryEmitEmpty();
        }
        return state.get() == State.SHUT;
    }

    private ByteBuffer slice(int index) {
        int offset = index * slice;
        int size = Math.min(slice, length - offset);
        if (offset + size == length && !state.compareAndSet(State.OPEN, State.SENT) && state.get() == State.SHUT) {
            throw new CancellationException("The part was cancelled");
        }
        return slabs.get(offset / slabSize).view(offset % slabSize, size);
    }
}
