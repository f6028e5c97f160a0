package dev.sluice.sidecar.notify;

/// A way to a receiver.
///
/// **Threading:** one attempt at a time; an interrupt ends it.
interface Channel {

    /// Makes one attempt, and takes no longer for it than the configured limit.
    Delivery deliver(Notification notification) throws InterruptedException;

    /// Whether a notification is worth nothing once a later one waits.
    default boolean onlyNewestCounts() {
        return false;
    }

    /// Between the attempts to deliver one notification.
    default AttemptPauses pauses() {
        return AttemptPauses.USUAL;
    }

    /// There will be no further attempt with this one.
    default void settled(Notification notification) {
        // Most channels remember nothing.
    }
}
