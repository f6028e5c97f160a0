package dev.sluice.sidecar.serve;

import dev.sluice.catalog.PauseDocument.Work;
import dev.sluice.sidecar.pause.Pause;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/// What Prometheus sees of pauses. Every database and type that a policy takes has its series, paused or not.
final class PauseMetrics {

    private PauseMetrics() {}

    /// A database whose policy holds drills has a series of its own for them.
    ///
    /// @param drills by database
    static void write(
            ServiceMetrics to,
            List<ServiceMetrics.Slot> slots,
            Function<ServiceMetrics.Slot, Optional<Pause>> pauses,
            Map<String, ScheduledDrills.View> drills) {
        List<Row<?>> paused = new ArrayList<>();
        List<Row<?>> since = new ArrayList<>();
        List<Row<?>> until = new ArrayList<>();
        BiConsumer<Tags, Optional<Pause>> row = (tags, pause) -> {
            paused.add(Row.of(tags, pause.isPresent() ? 1 : 0));
            since.add(Row.of(
                    tags,
                    ServiceMetrics.seconds(
                            pause.map(one -> one.document().pausedAt()).orElse(null))));
            until.add(
                    Row.of(tags, ServiceMetrics.seconds(pause.map(Pause::until).orElse(null))));
        };
        slots.forEach(slot -> row.accept(slot.tags(), pauses.apply(slot)));
        drills.forEach((database, view) -> {
            if (view.due().isPresent()) {
                row.accept(Tags.of("database", database, "type", Work.DRILL.text()), view.pause());
            }
        });
        to.rows("paused", "Whether scheduled backups or drills are paused", paused);
        to.rows("paused_since_timestamp_seconds", "When the pause began that ends last; 0 when there is none", since);
        to.rows("paused_until_timestamp_seconds", "When the pause ends that ends last; 0 when there is none", until);
    }
}
