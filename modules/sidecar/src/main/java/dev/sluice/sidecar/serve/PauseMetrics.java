package dev.sluice.sidecar.serve;

import dev.sluice.sidecar.pause.Pause;
import io.micrometer.core.instrument.MultiGauge.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// What Prometheus sees of pauses. Every database and type that a policy takes has its series, paused or not.
final class PauseMetrics {

    private PauseMetrics() {}

    static void write(
            ServiceMetrics to, List<ServiceMetrics.Slot> slots, Function<ServiceMetrics.Slot, Optional<Pause>> pauses) {
        List<Row<?>> paused = new ArrayList<>();
        List<Row<?>> since = new ArrayList<>();
        List<Row<?>> until = new ArrayList<>();
        for (ServiceMetrics.Slot slot : slots) {
            Optional<Pause> pause = pauses.apply(slot);
            paused.add(Row.of(slot.tags(), pause.isPresent() ? 1 : 0));
            since.add(Row.of(
                    slot.tags(),
                    ServiceMetrics.seconds(
                            pause.map(one -> one.document().pausedAt()).orElse(null))));
            until.add(Row.of(
                    slot.tags(), ServiceMetrics.seconds(pause.map(Pause::until).orElse(null))));
        }
        to.rows("paused", "Whether scheduled backups are paused", paused);
        to.rows("paused_since_timestamp_seconds", "When the pause began that ends last; 0 when there is none", since);
        to.rows("paused_until_timestamp_seconds", "When the pause ends that ends last; 0 when there is none", until);
    }
}
