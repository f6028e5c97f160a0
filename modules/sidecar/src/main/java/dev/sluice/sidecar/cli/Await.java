package dev.sluice.sidecar.cli;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// A command waits for the one thing it does.
final class Await {

    private Await() {}

    static <T> T get(Mono<T> work) {
        @Nullable T value = work.block();
        if (value == null) {
            throw new IllegalStateException("ended without a result");
        }
        return value;
    }
}
