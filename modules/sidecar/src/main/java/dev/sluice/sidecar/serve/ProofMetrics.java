package dev.sluice.sidecar.serve;

import static dev.sluice.sidecar.serve.ServiceMetrics.seconds;

import dev.sluice.catalog.DrillDocument;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// How long ago backups were tried: by drills, and by verifications.
final class ProofMetrics {

    private ProofMetrics() {}

    /// Where rows of a gauge go.
    interface Rows {
        void set(String name, String description, List<? extends MultiGauge.Row<?>> rows);
    }

    static void drills(Map<String, ScheduledDrills.View> views, Rows rows) {
        List<Row<?>> ended = new ArrayList<>();
        List<Row<?>> next = new ArrayList<>();
        views.forEach((database, view) -> {
            Tags tags = Tags.of("database", database);
            for (DrillDocument.Outcome outcome : DrillDocument.Outcome.values()) {
                ended.add(Row.of(
                        tags.and("outcome", outcome.text()),
                        seconds(view.ended().get(outcome))));
            }
            next.add(Row.of(tags, seconds(view.due().orElse(null))));
        });
        rows.set("last_drill_timestamp_seconds", "When the last drill with this outcome ended; 0 when none did", ended);
        rows.set("next_drill_timestamp_seconds", "When the next drill is due, or has been since; 0 when none is", next);
    }

    static void verifications(Map<String, VerificationView> views, Rows rows) {
        List<Row<?>> unverified = new ArrayList<>();
        List<Row<?>> next = new ArrayList<>();
        List<Row<?>> every = new ArrayList<>();
        List<Row<?>> damaged = new ArrayList<>();
        views.forEach((database, view) -> {
            Tags tags = Tags.of("database", database);
            unverified.add(Row.of(tags, seconds(view.unverifiedSince())));
            next.add(Row.of(tags, seconds(view.dueSince())));
            every.add(Row.of(tags, view.every() == null ? 0 : view.every().toSeconds()));
            damaged.add(Row.of(tags, view.damaged().size()));
        });
        rows.set(
                "oldest_unverified_timestamp_seconds",
                "Since when the byte in the bucket that was verified longest ago is unverified; 0 without a backup",
                unverified);
        rows.set(
                "next_verification_timestamp_seconds",
                "When the next verification is due, or has been since; 0 when none is",
                next);
        rows.set(
                "verification_interval_seconds",
                "How old the last verification of a backup may become, where a schedule reads old backups again; 0 elsewhere",
                every);
        rows.set("damaged_backups", "Backups whose last verification found damage", damaged);
    }
}
