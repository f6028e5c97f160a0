package dev.sluice.s3;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// Receives one attempt's bytes of a block: copies them into the slabs and computes their CRC32C in the same pass.
///
/// A connection may deliver bytes after its request was cancelled. Once [#shut()] has returned, the sink writes
/// nothing to the slabs any more, so they can be reused at once.
final class BlockSink implements AsyncResponseTransformer<GetObjectResponse, GetObjectResponse> {
    private final List<Slab> slabs;
    private final int slabSize;
    private final int length;
    private final CompletableFuture<GetObjectResponse> result = new CompletableFuture<>();

    // Guarded by this.
    private final CRC32C crc = new CRC32C();
    private @Nullable GetObjectResponse response;
    private int received;
    private boolean shut;

    BlockSink(List<Slab> slabs, int slabSize, int length) {
        this.slabs = slabs;
        this.slabSize = slabSize;
        this.length = length;
    }

    synchronized int received() {
        return received;
    }

    synchronized int crc32c() {
        return (int) crc.getValue();
    }

    synchronized void shut() {
        shut = true;
    }

    @Override
    public CompletableFuture<GetObjectResponse> prepare() {
        return result;
    }

    @Override
    public synchronized void onResponse(GetObjectResponse answer) {
        response = answer;
    }

    @Override
    public void onStream(SdkPublisher<ByteBuffer> publisher) {
        Flux.from(publisher).doOnNext(this::accept).then().subscribe(null, result::completeExceptionally, this::end);
    }

    @Override
    public void exceptionOccurred(Throwable error) {
        result.completeExceptionally(error);
    }

    /// What follows from the result runs without the lock: it may take the block's, and the block takes this one
    /// under its own.
    private void end() {
        @Nullable GetObjectResponse answer = response();
        if (answer == null) {
            result.completeExceptionally(new IllegalStateException("A body arrived without a response"));
        } else {
            result.complete(answer);
        }
    }

    private synchronized @Nullable GetObjectResponse response() {
        return response;
    }

    /// Past the SDK.
    void receive(ByteBuffer bytes) {
        try {
            accept(bytes);
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
            throw e;
        }
    }

    synchronized void accept(ByteBuffer bytes) {
        if (shut) {
            return;
        }
        if (bytes.remaining() > length - received) {
            throw new IllegalStateException(
                    String.format(Locale.ROOT, "The server sent more than the requested %d bytes", length));
        }
        MemorySegment source = MemorySegment.ofBuffer(bytes);
        crc.update(bytes);
        for (long from = 0; from < source.byteSize(); ) {
            int position = received % slabSize;
            int piece = (int) Math.min(slabSize - position, source.byteSize() - from);
            MemorySegment.copy(source, from, slabs.get(received / slabSize).segment(), position, piece);
            from += piece;
            received += piece;
        }
    }
}
