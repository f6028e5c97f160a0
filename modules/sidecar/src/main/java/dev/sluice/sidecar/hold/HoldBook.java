package dev.sluice.sidecar.hold;

import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.HoldDocument;
import dev.sluice.catalog.Holds;
import dev.sluice.engine.run.Blocking;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The holds of one server, as the bucket has them.
///
/// Each look lists the holds. It reads them only when one was written or deleted since the last look, and looks for
/// the entries of their backups only then, or when one was not there.
///
/// **Errors:** [CatalogException] when the holds cannot be listed; [dev.sluice.s3.S3Failure].
///
/// **Threading:** any thread that may wait for the bucket; one look at a time.
public final class HoldBook {

    private final Catalog catalog;
    private @Nullable Map<String, String> state; // guarded by this
    private List<HoldDocument> documents = List.of(); // guarded by this
    private List<String> unreadable = List.of(); // guarded by this
    private Map<String, CatalogKey> entries = Map.of(); // guarded by this

    public HoldBook(Catalog catalog) {
        this.catalog = catalog;
    }

    /// A hold that is in force.
    ///
    /// @param entry of the backup that the hold names; null when there is none: the backup is unconfirmed, or gone
    public record Held(HoldDocument hold, @Nullable CatalogKey entry) {}

    /// @param held       the hold that was placed first comes first
    /// @param unreadable a sentence for each hold that cannot be read
    public record Look(List<Held> held, List<String> unreadable) {

        public Look {
            held = List.copyOf(held);
            unreadable = List.copyOf(unreadable);
        }
    }

    /// @param now holds that ended before are left out
    public synchronized Look look(Instant now) {
        Holds holds = catalog.holds();
        Map<String, String> listed = Blocking.uncancellably(holds.state()).orElse(Map.of());
        if (!listed.equals(state)) {
            read(holds);
            // What could not be read is tried again by the next look.
            state = unreadable.isEmpty() ? listed : null;
        }
        List<HoldDocument> inForce =
                documents.stream().filter(hold -> hold.isInForce(now)).toList();
        findEntries(inForce);
        return new Look(
                inForce.stream()
                        .map(hold -> new Held(hold, entries.get(hold.backupId())))
                        .toList(),
                unreadable);
    }

    private void read(Holds holds) {
        List<CatalogException> refused = new CopyOnWriteArrayList<>();
        documents = Blocking.uncancellably(holds.all(refused::add)).stream()
                .sorted(Comparator.comparing(HoldDocument::heldAt).thenComparing(HoldDocument::backupId))
                .toList();
        unreadable = refused.stream()
                .map(e -> String.valueOf(e.getMessage()))
                .sorted()
                .toList();
        Set<String> named = documents.stream().map(HoldDocument::backupId).collect(Collectors.toSet());
        Map<String, CatalogKey> kept = new HashMap<>(entries);
        kept.keySet().retainAll(named);
        entries = kept;
    }

    private void findEntries(List<HoldDocument> holds) {
        Set<String> sought = holds.stream()
                .map(HoldDocument::backupId)
                .filter(id -> !entries.containsKey(id))
                .collect(Collectors.toSet());
        Set<String> databases = holds.stream()
                .filter(hold -> sought.contains(hold.backupId()))
                .map(HoldDocument::database)
                .collect(Collectors.toCollection(TreeSet::new));
        Map<String, CatalogKey> found = new HashMap<>(entries);
        for (String database : databases) {
            Blocking.uncancellably(catalog.list(database).filter(key -> sought.contains(key.backupId())))
                    .forEach(key -> found.put(key.backupId(), key));
        }
        entries = found;
    }
}
