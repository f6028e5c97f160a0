package dev.sluice.sidecar.serve.http;

import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts what was turned away, and tells of it in one line a minute at most: a client must not fill the log.
final class RefusalLog {

    private static final Logger log = LoggerFactory.getLogger(RefusalLog.class);
    private static final Duration ONCE_IN = Duration.ofMinutes(1);

    private final Consumer<String> count;
    private long untold; // guarded by this
    private long next = System.nanoTime(); // guarded by this

    /// @param count counts by the reason
    RefusalLog(Consumer<String> count) {
        this.count = count;
    }

    /// @param reason the problem's id, or `displaced` or `full` for what got no answer
    void add(String reason, String what) {
        count.accept(reason);
        long told;
        synchronized (this) {
            untold++;
            if (System.nanoTime() - next < 0) {
                return;
            }
            next = System.nanoTime() + ONCE_IN.toNanos();
            told = untold;
            untold = 0;
        }
        log.atWarn()
                .addKeyValue("requests", told)
                .addKeyValue("last", reason)
                .addKeyValue("what", what)
                .log("requests over HTTP were refused");
    }
}
