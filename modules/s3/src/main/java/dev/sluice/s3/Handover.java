package dev.sluice.s3;

import java.util.concurrent.atomic.AtomicReference;

/// A resource that a `Mono` hands out and that must be returned exactly once, also when the subscriber cancels at
/// the moment of the handover.
///
/// The owner calls [#withdraw()] when a subscriber cancels. A filter on [#accept()] in front of the subscriber
/// decides which of the two came first:
///
/// ```java
/// Mono.<Place>create(sink -> { … sink.onDispose(place::withdraw); sink.success(place); }).filter(Handover::accept)
/// ```
///
/// **Threading:** any thread.
public abstract class Handover {
    private enum State {
        OFFERED,
        ACCEPTED,
        RETURNED
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.OFFERED);

    /// Returns whether the subscriber has the resource now, and so must return it.
    public final boolean accept() {
        return state.compareAndSet(State.OFFERED, State.ACCEPTED);
    }

    /// Takes the resource back if the subscriber has not accepted it.
    public final void withdraw() {
        if (state.compareAndSet(State.OFFERED, State.RETURNED)) {
            giveBack();
        }
    }

    /// Returns the resource; further calls do nothing.
    public final void returnOnce() {
        if (state.getAndSet(State.RETURNED) != State.RETURNED) {
            giveBack();
        }
    }

    /// Called once, on the thread that returned or withdrew the resource.
    protected abstract void giveBack();
}
