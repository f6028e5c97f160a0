package dev.sluice.sidecar.serve;

import dev.sluice.engine.Engine;
import dev.sluice.engine.retention.KeepRule;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.retention.RetentionRule;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.schedule.BackupSchedule;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Removes what policies let go of, one database at a time, while no backup of it runs.
final class Pruner {

    private static final Logger log = LoggerFactory.getLogger(Pruner.class);
    private static final Duration PAUSE = Duration.ofMinutes(5);

    private final Engine engine;
    private final BackupSchedule schedule;
    private final InventoryCache inventory;
    private final ServiceMetrics metrics;
    private final InstantSource clock;
    private final Supplier<ServiceSettings> settings;
    private final Map<String, Instant> wanted = new ConcurrentHashMap<>();
    private volatile boolean busy;

    Pruner(
            Engine engine,
            BackupSchedule schedule,
            InventoryCache inventory,
            ServiceMetrics metrics,
            InstantSource clock,
            Supplier<ServiceSettings> settings) {
        this.engine = engine;
        this.schedule = schedule;
        this.inventory = inventory;
        this.metrics = metrics;
        this.clock = clock;
        this.settings = settings;
    }

    /// As soon as there is a moment for it.
    void want(Collection<String> databases) {
        databases.forEach(database -> wanted.putIfAbsent(database, clock.instant()));
    }

    boolean isBusy() {
        return busy;
    }

    /// Begins with the first that is wanted and not busy.
    void begin() {
        if (busy) {
            return;
        }
        Instant now = clock.instant();
        for (Map.Entry<String, Instant> entry : Map.copyOf(wanted).entrySet()) {
            String database = entry.getKey();
            KeepRule rule = settings.get().policies().keep(database).orElse(null);
            if (rule == null) {
                wanted.remove(database);
            } else if (!entry.getValue().isAfter(now) && schedule.hold(database)) {
                busy = true;
                wanted.remove(database);
                Thread.ofVirtual().name("sluice-prune").start(() -> prune(database, rule));
                return;
            }
        }
    }

    private void prune(String database, KeepRule rule) {
        try {
            PruneReport report = Blocking.uncancellably(engine.prune(new PruneRequest(
                            database, (backups, now) -> RetentionRule.decide(backups, rule, now), false)))
                    .orElse(null);
            if (report != null) {
                report.left()
                        .forEach(why -> log.atWarn()
                                .addKeyValue("database", database)
                                .addKeyValue("cause", why)
                                .log("something is left in the bucket"));
            }
            if (report != null && report.removed() > 0) {
                metrics.pruned(database, report.removed());
                inventory.refresh(database);
                log.atInfo()
                        .addKeyValue("database", database)
                        .addKeyValue("backups", report.removed())
                        .addKeyValue("bytes", report.bytesRemoved())
                        .log("old backups removed");
            }
        } catch (RuntimeException | Error e) {
            // A backup by another process runs, or SQL Server or the bucket does not answer.
            wanted.put(database, clock.instant().plus(PAUSE));
            boolean expected = e instanceof OperationFailed failure && failure.id() == FailureId.BUSY;
            log.atLevel(expected ? org.slf4j.event.Level.DEBUG : org.slf4j.event.Level.WARN)
                    .addKeyValue("database", database)
                    .addKeyValue("cause", e.getMessage())
                    .log("old backups could not be removed");
        } finally {
            schedule.release(database);
            busy = false;
        }
    }
}
