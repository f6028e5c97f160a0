package dev.sluice.engine.bucket;

import dev.sluice.s3.S3Failure;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import reactor.core.publisher.Mono;

/// What the bucket refuses of something that is to go, or be tidied up: it stays, is named with the reason, and
/// holds up nothing else.
///
/// **Threading:** any thread.
public final class RefusedRemovals {

    private final Queue<String> told = new ConcurrentLinkedQueue<>();

    /// Passes the request on, and ends empty where the bucket refuses the object that it names.
    ///
    /// **Errors:** [S3Failure] when the bucket does not answer, or refuses everything.
    public <T> Mono<T> unlessRefused(Mono<T> request) {
        return request.onErrorResume(S3Failure.class, e -> {
            if (!e.kind().isOfObject()) {
                return Mono.error(e);
            }
            add(String.valueOf(e.getMessage()));
            return Mono.empty();
        });
    }

    public void add(String why) {
        told.add(why);
    }

    public boolean isEmpty() {
        return told.isEmpty();
    }

    /// A sentence for each, with its key.
    public List<String> told() {
        return List.copyOf(told);
    }
}
