package dev.sluice.sidecar.cli;

import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.HoldDocument;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The backups that are held, with the hold that a person is told of: the backup's own, or that of one which needs it.
final class HeldBackups {

    private final Map<String, HoldDocument> holds = new HashMap<>();

    private HeldBackups(List<HoldDocument> all, Instant now) {
        for (HoldDocument hold : all) {
            if (hold.isInForce(now)) {
                hold.backups().forEach(id -> holds.merge(id, hold, (one, other) -> isOf(one, id) ? one : other));
            }
        }
    }

    private static boolean isOf(HoldDocument hold, String backupId) {
        return hold.backupId().equals(backupId);
    }

    /// @param unreadable is told of holds that cannot be read
    static HeldBackups read(Environment environment, Consumer<CatalogException> unreadable, Instant now) {
        return new HeldBackups(
                Blocking.uncancellably(
                                environment.catalog().holds().all(unreadable).collectList())
                        .orElseThrow(),
                now);
    }

    Set<String> ids() {
        return Set.copyOf(holds.keySet());
    }

    /// In a few words; empty when the backup is not held.
    Optional<String> text(String backupId) {
        return Optional.ofNullable(holds.get(backupId))
                .map(hold -> isOf(hold, backupId)
                        ? hold.text()
                        : "needed by %s, which is %s".formatted(hold.backupId(), hold.text()));
    }

    /// For programs; null when the backup is not held.
    @Nullable
    Map<String, @Nullable Object> document(String backupId) {
        HoldDocument hold = holds.get(backupId);
        return hold == null ? null : document(hold);
    }

    static Map<String, @Nullable Object> document(HoldDocument hold) {
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("backup", hold.backupId());
        document.put("heldAt", hold.heldAt().toString());
        Instant until = hold.until();
        document.put("until", until == null ? null : until.toString());
        document.put("reason", hold.reason());
        document.put("legalHold", hold.legalHold());
        return document;
    }

    /// Without what is null.
    static Map<String, Object> told(Map<String, @Nullable Object> document) {
        Map<String, Object> told = new LinkedHashMap<>();
        document.forEach((name, value) -> {
            if (value != null) {
                told.put(name, value);
            }
        });
        return told;
    }
}
