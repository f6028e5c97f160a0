package dev.sluice.s3;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// The upload of one part. Its memory stays unchanged until S3 has acknowledged the part or no attempt sends it any
/// more.
///
/// Every attempt sends from the same slabs through a [PartBody] of its own. If the first attempt stored the part,
/// its memory comes back at once, because the server has all of it. Otherwise it comes back when [Wire#quiet()]
/// completes, because an abandoned attempt may still be writing.
final class PartUpload {
    private final StripeMemory memory;
    private final Wire wire;
    private final RateLimit limit;
    private final int number;
    private final int length;
    private final int crc32c;
    private final Disposable.Swap request = Disposables.swap();
    private final Sinks.Empty<Void> stored = Sinks.empty();
    private final Sinks.Empty<Void> returned = Sinks.empty();

    // Guarded by this.
    private List<Slab> slabs;
    private final List<PartBody> bodies = new ArrayList<>(1);
    private boolean ended;
    private String eTag = "";

    PartUpload(StripeMemory memory, Wire wire, RateLimit limit, int number, List<Slab> slabs, int length, int crc32c) {
        this.memory = memory;
        this.wire = wire;
        this.limit = limit;
        this.number = number;
        this.slabs = List.copyOf(slabs);
        this.length = length;
        this.crc32c = crc32c;
    }

    int number() {
        return number;
    }

    int length() {
        return length;
    }

    int crc32c() {
        return crc32c;
    }

    /// The part's MD5, computed at each call.
    ///
    /// **Errors:** [CancellationException] once the part has ended.
    synchronized String md5() {
        if (ended) {
            throw new CancellationException("The part was cancelled");
        }
        List<ByteBuffer> bytes = new ArrayList<>(slabs.size());
        for (int i = 0; i < slabs.size(); i++) {
            int offset = i * memory.slabSize();
            bytes.add(slabs.get(i).view(0, Math.min(memory.slabSize(), length - offset)));
        }
        return ContentMd5.base64(bytes);
    }

    synchronized String eTag() {
        return eTag;
    }

    /// Completes when S3 has stored the part; fails when all attempts have failed.
    Mono<Void> stored() {
        return stored.asMono();
    }

    /// Completes when the part's memory is back; never fails.
    Mono<Void> returned() {
        return returned.asMono();
    }

    /// Runs `attempts` (which emit the part's ETag) unless the part was cancelled.
    void send(Mono<String> attempts) {
        request.update(attempts.subscribe(this::succeed, this::fail));
    }

    /// The body of a further attempt.
    ///
    /// **Errors:** [CancellationException] once the part has ended, because another part may use its memory then.
    synchronized PartBody open() {
        if (ended) {
            throw new CancellationException("The part was cancelled");
        }
        PartBody body = new PartBody(slabs, memory.slabSize(), wire.slice(), length, limit);
        bodies.add(body);
        return body;
    }

    /// Cancels the part, unless it is stored.
    void cancel() {
        fail(new CancellationException("The upload was aborted"));
    }

    /// The same, except for a part whose last byte may have been sent: the server may carry out the request even
    /// if the connection is closed, so the caller waits for the response.
    void cancelUnlessSent() {
        synchronized (this) {
            if (!ended && bodies.stream().anyMatch(body -> !body.shutUnlessSent())) {
                return;
            }
        }
        cancel();
    }

    private void succeed(String answered) {
        boolean first;
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            eTag = answered;
            first = bodies.size() == 1;
        }
        giveBack(first ? Mono.empty() : wire.quiet());
        stored.tryEmitEmpty();
    }

    private void fail(Throwable cause) {
        boolean sent;
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            bodies.forEach(PartBody::shut);
            sent = !bodies.isEmpty();
        }
        request.dispose(); // closes the connection, if a request is under way
        giveBack(sent ? wire.quiet() : Mono.empty());
        stored.tryEmitError(cause);
    }

    private void giveBack(Mono<Void> when) {
        when.subscribe(null, null, () -> {
            List<Slab> back;
            synchronized (this) {
                back = slabs;
                slabs = List.of();
                bodies.clear();
            }
            memory.release(back);
            returned.tryEmitEmpty();
        });
    }
}
