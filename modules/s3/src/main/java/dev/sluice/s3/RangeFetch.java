package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// One request for several consecutive blocks. Each block is ready as soon as its own bytes have arrived and are
/// checked.
///
/// It makes one attempt and never fails. A block that it does not bring fetches itself afterwards, with retries, a
/// second attempt for a corrupt block, and an error that names the block.
///
/// **Threading:** bytes come on an event loop; a time limit may end the request on another thread meanwhile. The
/// first of the two settles a block.
final class RangeFetch {
    private final S3Store store;
    private final DownloadSource source;
    private final List<DownloadBlock> blocks;
    private final long offset;
    private final int length;
    private final Consumer<DownloadBlock> arrived;
    private final Consumer<DownloadBlock> missed;
    private final Disposable.Swap request = Disposables.swap();

    /// A separate field, because the request may fail before [#request] is assigned.
    private final Disposable.Swap pause = Disposables.swap();

    // Guarded by this.
    private final boolean[] settled;
    private int wanted;

    /// @param offset  where the first block begins
    /// @param arrived called for each block that has arrived
    /// @param missed  called for each other block, unless it was dropped
    RangeFetch(
            S3Store store,
            DownloadSource source,
            List<DownloadBlock> blocks,
            long offset,
            Consumer<DownloadBlock> arrived,
            Consumer<DownloadBlock> missed) {
        this.store = store;
        this.source = source;
        this.blocks = List.copyOf(blocks);
        this.offset = offset;
        this.length = blocks.stream().mapToInt(DownloadBlock::length).sum();
        this.arrived = arrived;
        this.missed = missed;
        this.settled = new boolean[blocks.size()];
        this.wanted = blocks.size();
    }

    void start() {
        for (int i = 0; i < settled.length; i++) {
            int number = i;
            blocks.get(i).sharing(() -> dropped(number));
        }
        Target target = store.calls()
                .target(
                        "GetObject",
                        String.format(Locale.ROOT, "bytes %d to %d", offset, offset + length - 1),
                        source.key());
        request.update(store.calls()
                .transfer(target, Mono.defer(this::attempt))
                .subscribe(null, this::failed, this::missRest));
    }

    private Mono<GetObjectResponse> attempt() {
        Sink sink = new Sink(blocks.stream().map(DownloadBlock::open).toArray(BlockSink[]::new));
        GetObjectRequest get = GetObjectRequest.builder()
                .bucket(store.config().bucket())
                .key(store.absolute(source.key()))
                .range(String.format(Locale.ROOT, "bytes=%d-%d", offset, offset + length - 1))
                .ifMatch(source.eTag())
                .build();
        return store.bodies().get(store.client(), get, sink, sink::receive);
    }

    /// Ends the request once all blocks that have not arrived were dropped.
    private void dropped(int number) {
        if (settle(number) && nothingWanted()) {
            request.dispose();
            pause.dispose();
        }
    }

    private synchronized boolean settle(int number) {
        if (settled[number]) {
            return false;
        }
        settled[number] = true;
        wanted--;
        return true;
    }

    private synchronized boolean nothingWanted() {
        return wanted == 0;
    }

    private void failed(Throwable failure) {
        store.calls().retrying(failure);
        if (failure instanceof S3Failure known && !known.retryable()) {
            missRest();
        } else {
            pause.update(Mono.delay(store.calls().policy().pauseAfter(1)).subscribe(_ -> missRest()));
        }
    }

    private void missRest() {
        for (int i = 0; i < settled.length; i++) {
            if (settle(i)) {
                missed.accept(blocks.get(i));
            }
        }
    }

    /// Distributes the response's bytes to the blocks.
    private final class Sink implements AsyncResponseTransformer<GetObjectResponse, GetObjectResponse> {
        private final @Nullable BlockSink[] sinks;
        private final CompletableFuture<GetObjectResponse> result = new CompletableFuture<>();

        // On the event loop only.
        private @Nullable GetObjectResponse response;
        private int current;
        private int received;

        Sink(@Nullable BlockSink[] sinks) {
            this.sinks = sinks;
        }

        @Override
        public CompletableFuture<GetObjectResponse> prepare() {
            return result;
        }

        @Override
        public void onResponse(GetObjectResponse answer) {
            response = answer;
        }

        @Override
        public void onStream(SdkPublisher<ByteBuffer> publisher) {
            Flux.from(publisher)
                    .doOnNext(this::accept)
                    .then()
                    .subscribe(null, result::completeExceptionally, () -> result.complete(response));
        }

        @Override
        public void exceptionOccurred(Throwable error) {
            result.completeExceptionally(error);
        }

        /// Past the SDK.
        private void receive(ByteBuffer bytes) {
            try {
                accept(bytes);
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
                throw e;
            }
        }

        private void accept(ByteBuffer bytes) {
            if (current == 0 && received == 0) {
                checkRange();
            }
            while (bytes.hasRemaining()) {
                if (current == sinks.length) {
                    throw new IllegalStateException("The server sent more than the requested range");
                }
                int count = Math.min(blocks.get(current).length() - received, bytes.remaining());
                BlockSink sink = sinks[current];
                if (sink != null) {
                    sink.accept(bytes.slice(bytes.position(), count));
                }
                bytes.position(bytes.position() + count);
                received += count;
                if (received == blocks.get(current).length()) {
                    end(blocks.get(current), sink);
                    current++;
                    received = 0;
                }
            }
        }

        /// Blocks are handed out before the response has ended, so it must be known first for the requested range.
        private void checkRange() {
            String expected = String.format(Locale.ROOT, "bytes %d-%d/%d", offset, offset + length - 1, source.bytes());
            if (response == null || !expected.equals(response.contentRange())) {
                throw new IllegalStateException("The response is not " + expected);
            }
        }

        private void end(DownloadBlock block, @Nullable BlockSink sink) {
            if (sink == null || !settle(current)) {
                return; // the block was dropped, or the request was cancelled
            }
            if (block.complete(sink)) {
                sink.shut();
                arrived.accept(block);
            } else {
                missed.accept(block);
            }
        }
    }
}
