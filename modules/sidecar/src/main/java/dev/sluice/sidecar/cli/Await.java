package dev.sluice.sidecar.cli;

import dev.sluice.engine.run.Blocking;
import reactor.core.publisher.Mono;

/// A command waits for the one thing it does.
final class Await {

    private Await() {}

    static <T> T get(Mono<T> work) {
        return Blocking.uncancellably(work).orElseThrow(() -> new IllegalStateException("ended without a result"));
    }
}
