package dev.sluice.sidecar.serve;

import dev.sluice.catalog.DrillDocument;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What Prometheus sees of restore drills.
final class DrillMetrics {

    private DrillMetrics() {}

    /// @param views by database
    static void write(ServiceMetrics to, Map<String, ScheduledDrills.View> views) {
        List<Row<?>> ended = new ArrayList<>();
        List<Row<?>> next = new ArrayList<>();
        views.forEach((database, view) -> {
            Tags tags = Tags.of("database", database);
            for (DrillDocument.Outcome outcome : DrillDocument.Outcome.values()) {
                ended.add(Row.of(
                        tags.and("outcome", outcome.text()),
                        ServiceMetrics.seconds(view.ended().get(outcome))));
            }
            next.add(Row.of(tags, ServiceMetrics.seconds(view.due().orElse(null))));
        });
        to.rows("last_drill_timestamp_seconds", "When the last drill with this outcome ended; 0 when none did", ended);
        to.rows("next_drill_timestamp_seconds", "When the next drill is due, or has been since; 0 when none is", next);
    }
}
