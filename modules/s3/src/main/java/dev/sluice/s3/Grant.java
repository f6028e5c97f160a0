package dev.sluice.s3;

import java.util.concurrent.atomic.AtomicReference;

/// Something handed out through a `Mono` that must come back exactly once, also when the subscriber cancels in the
/// very moment of the handing over.
///
/// The giver calls [#withdraw()] when a subscriber cancels; a filter on [#accept()] in front of the subscriber
/// decides which of the two came first:
///
/// ```java
/// Mono.<Place>create(sink -> { … sink.onDispose(place::withdraw); sink.success(place); }).filter(Grant::accept)
/// ```
///
/// **Threading:** any thread.
public abstract class Grant {
    private enum State {
        OFFERED,
        ACCEPTED,
        RETURNED
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.OFFERED);

    /// Whether the subscriber has it now, and so has to return it.
    public final boolean accept() {
        return state.compareAndSet(State.OFFERED, State.ACCEPTED);
    }

    /// Takes back what the subscriber never saw.
    public final void withdraw() {
        if (state.compareAndSet(State.OFFERED, State.RETURNED)) {
            giveBack();
        }
    }

    /// Returns it; further calls do nothing.
    public final void returnOnce() {
        if (state.getAndSet(State.RETURNED) != State.RETURNED) {
            giveBack();
        }
    }

    /// Called once, on the thread that returned or withdrew it.
    protected abstract void giveBack();
}
