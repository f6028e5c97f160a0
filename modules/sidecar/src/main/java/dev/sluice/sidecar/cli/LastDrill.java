package dev.sluice.sidecar.cli;

import dev.sluice.catalog.DrillDocument;
import dev.sluice.catalog.DrillDocument.Outcome;
import dev.sluice.catalog.DrillKey;
import dev.sluice.catalog.Drills;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Counted;
import dev.sluice.sidecar.report.DrillDisplay;
import dev.sluice.sidecar.report.Moments;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/// The restore drills of a database as `list` and `show` tell of them.
///
/// @param keys  of all its drills, the earliest first
/// @param found of the last one, unless it found nothing wrong
record LastDrill(String database, List<DrillKey> keys, Optional<DrillDocument> found) {

    /// @param refused is told what cannot be read
    static LastDrill of(Drills drills, String database, Consumer<String> refused) {
        List<DrillKey> keys =
                Blocking.uncancellably(drills.list(database, e -> refused.accept(String.valueOf(e.getMessage()))));
        Optional<DrillDocument> found = keys.isEmpty() || keys.getLast().outcome() == Outcome.SOUND
                ? Optional.empty()
                : Blocking.uncancellably(
                        drills.read(keys.getLast(), e -> refused.accept(String.valueOf(e.getMessage()))));
        return new LastDrill(database, keys, found);
    }

    /// What all drills of a database found out that can be read, the earliest first.
    static List<DrillDocument> all(Drills drills, String database) {
        return Blocking.uncancellably(drills.list(database, _ -> {})
                .concatMap(key -> drills.read(key, _ -> {}))
                .onErrorResume(_ -> Flux.empty()));
    }

    private Optional<DrillKey> last() {
        return keys.isEmpty() ? Optional.empty() : Optional.of(keys.getLast());
    }

    /// The last drill whose restore began with this backup.
    Optional<DrillKey> beginningWith(String backupId) {
        return keys.reversed().stream()
                .filter(key -> backupId.equals(key.base()))
                .findFirst();
    }

    Optional<Map<String, @Nullable Object>> document() {
        return last().map(
                        key -> found.map(DrillDisplay::document).orElseGet(() -> DrillDisplay.document(key, database)));
    }

    Optional<String> line(Instant now) {
        return last().map(key -> "the last drill, %s ago (%s), %s"
                .formatted(
                        age(Duration.between(key.finishedAt(), now)),
                        Moments.text(key.finishedAt()),
                        switch (key.outcome()) {
                            case SOUND -> "found nothing wrong";
                            case UNSOUND -> "found something wrong";
                            case UNPROVEN -> "ended without an answer";
                        }));
    }

    private static String age(Duration age) {
        if (age.toHours() < 2) {
            return Counted.of(Math.max(0, age.toMinutes()), "minute");
        }
        return age.toHours() < 48 ? Counted.of(age.toHours(), "hour") : Counted.of(age.toDays(), "day");
    }

    /// What the user should look at.
    Optional<String> finding() {
        return found.filter(drill -> drill.outcome() == Outcome.UNSOUND)
                .map(drill -> "drill %s: step %s found %s: %s"
                        .formatted(drill.drillId(), drill.step(), drill.failure(), drill.what()));
    }
}
