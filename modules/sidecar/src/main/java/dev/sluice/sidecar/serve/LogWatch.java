package dev.sluice.sidecar.serve;

import dev.sluice.engine.sql.LogSpace;
import dev.sluice.engine.sql.SqlServer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks how full the logs of the databases are, once a minute, for a listener that wants to know. Without one
/// it asks nothing.
///
/// **Threading:** [#look] on one thread at a time; [#tell] on any.
public final class LogWatch {

    private static final Logger log = LoggerFactory.getLogger(LogWatch.class);

    /// Somewhat less than a minute, or every second look around would come a moment too early.
    private static final Duration PAUSE = Duration.ofSeconds(55);

    private final LogSpace space;
    private final InstantSource clock;
    private volatile @Nullable Listener listener;
    private Instant next = Instant.MIN;
    private boolean failing;

    /// Hears how full logs are.
    public interface Listener {

        /// Whether it wants to hear of them now; otherwise SQL Server is not asked.
        boolean wantsLogs();

        /// Returns quickly.
        ///
        /// @param usages of the databases that policies take
        void onLogs(List<LogSpace.Usage> usages, Instant at);
    }

    LogWatch(SqlServer server, InstantSource clock) {
        this.space = new LogSpace(server);
        this.clock = clock;
    }

    /// From now on this one.
    public void tell(Listener hears) {
        this.listener = hears;
    }

    /// May be called more often. What cannot be learned costs no backup: it is logged, and asked for again.
    ///
    /// @param taken whether a policy takes the database of this name
    void look(Predicate<String> taken) {
        Listener hears = listener;
        Instant now = clock.instant();
        if (hears == null || now.isBefore(next) || !hears.wantsLogs()) {
            return;
        }
        next = now.plus(PAUSE);
        try {
            List<LogSpace.Usage> usages = space.all().stream()
                    .filter(usage -> taken.test(usage.database()))
                    .toList();
            failing = false;
            hears.onLogs(usages, now);
        } catch (RuntimeException e) {
            if (!failing) {
                log.atWarn().addKeyValue("cause", e.getMessage()).log("how full the logs are could not be learned");
            }
            failing = true;
        }
    }
}
