package dev.sluice.sidecar.notify;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/// Remembers what one receiver was told to be wrong, so that it hears of each trouble once: again only when the
/// trouble changes, when a day has passed, or when the notification was lost.
///
/// Only in memory: after a restart a trouble that lasts is told once more.
///
/// **Threading:** any thread.
final class RepeatFilter {

    static final Duration AGAIN = Duration.ofDays(1);

    private final Map<Subject, Told> troubles = new HashMap<>(); // guarded by this

    /// What may be in trouble.
    ///
    /// @param kind the type of a job, or its chain
    record Subject(String database, String kind) {}

    private record Told(String what, Instant at) {}

    /// @param what what is wrong; another text is another trouble
    /// @return whether that is news
    synchronized boolean isNews(Subject subject, String what, Instant now) {
        Told before = troubles.get(subject);
        if (before != null
                && before.what().equals(what)
                && now.isBefore(before.at().plus(AGAIN))) {
            return false;
        }
        troubles.put(subject, new Told(what, now));
        return true;
    }

    /// It is well.
    ///
    /// @return whether that is news
    synchronized boolean isWellAgain(Subject subject) {
        return troubles.remove(subject) != null;
    }

    /// The receiver was not told after all.
    synchronized void forget(Subject subject) {
        troubles.remove(subject);
    }
}
