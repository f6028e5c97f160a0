package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// One object, read while it arrives: only the bytes that the reader takes are fetched, so the object's size costs
/// no memory.
///
/// **Backpressure:** the SDK's stream asks the connection for more as it is read, a few buffers ahead.
///
/// **Threading:** each attempt's reader has a virtual thread of its own, which ends with it.
final class StreamingRead<T> {
    private final S3Store store;
    private final String key;
    private final ObjectReader<T> reader;

    StreamingRead(S3Store store, String key, ObjectReader<T> reader) {
        this.store = store;
        this.key = key;
        this.reader = reader;
    }

    /// The reader's result or exception: both are results, and neither leads to another request.
    private record Outcome<T>(@Nullable T value, @Nullable RuntimeException thrown) {}

    Mono<T> run() {
        Target target = store.calls().target("GetObject", "", key);
        // Until the body has been read, because the connection is in use until then.
        Mono<Outcome<T>> attempt = Mono.defer(() -> Mono.fromFuture(() -> store.client()
                        .getObject(
                                request ->
                                        request.bucket(store.config().bucket()).key(store.absolute(key)),
                                AsyncResponseTransformer.<GetObjectResponse>toBlockingInputStream())))
                .doOnDiscard(InputStream.class, StreamingRead::abandon)
                .flatMap(body -> Mono.create(sink -> begin(body, sink)));
        return store.calls()
                .retrying(target, store.calls().attempt(target, attempt))
                .handle((outcome, sink) -> {
                    if (outcome.thrown() != null) {
                        sink.error(outcome.thrown());
                    } else if (outcome.value() != null) {
                        sink.next(outcome.value());
                    }
                });
    }

    /// A response that arrives after its subscriber has cancelled holds its connection until it is read or
    /// aborted.
    private static void abandon(InputStream body) {
        if (body instanceof ResponseInputStream<?> unread) {
            unread.abort();
        }
    }

    private void begin(ResponseInputStream<GetObjectResponse> body, MonoSink<Outcome<T>> sink) {
        Body watched = new Body(body);
        sink.onDispose(watched::end);
        Thread.ofVirtual().name("sluice-read-object").start(() -> read(watched, sink));
    }

    private void read(Body body, MonoSink<Outcome<T>> sink) {
        try {
            sink.success(new Outcome<>(reader.read(body.info(key), body), null));
        } catch (IOException | RuntimeException e) {
            Throwable broken = body.broken;
            if (body.ended) {
                return; // a cancel or the time limit has ended the request: there is no subscriber any more
            }
            if (broken != null) {
                sink.error(broken);
            } else {
                sink.success(new Outcome<>(
                        null,
                        e instanceof RuntimeException thrown ? thrown : new UncheckedIOException((IOException) e)));
            }
        } catch (Error e) {
            sink.error(e);
        }
    }

    /// Remembers that the body broke off, because parsers wrap that failure in exceptions of their own.
    private static final class Body extends FilterInputStream {
        private final ResponseInputStream<GetObjectResponse> stream;
        volatile @Nullable Throwable broken;
        volatile boolean ended;

        Body(ResponseInputStream<GetObjectResponse> stream) {
            super(stream);
            this.stream = stream;
        }

        ObjectInfo info(String key) {
            GetObjectResponse head = stream.response();
            return new ObjectInfo(
                    key,
                    head.contentLength() == null ? -1 : head.contentLength(),
                    Objects.requireNonNullElse(head.eTag(), ""),
                    Objects.requireNonNullElse(head.lastModified(), Instant.EPOCH),
                    AccessProbe.storageClass(head.storageClassAsString()));
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            try {
                return stream.read(to, offset, length);
            } catch (IOException | RuntimeException e) {
                broken = e;
                throw e;
            }
        }

        /// Aborts the request instead of reading the rest of the body, which the reader does not want.
        void end() {
            ended = true;
            stream.abort();
        }

        @Override
        public void close() {
            // A parser closes what it reads; the request ends with the reader.
        }
    }
}
