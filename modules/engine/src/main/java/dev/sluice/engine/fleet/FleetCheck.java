package dev.sluice.engine.fleet;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.SummaryDocument.Database;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Window;
import dev.sluice.engine.run.Blocking;
import dev.sluice.s3.S3Store;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/// Holds what a summary says against the entries of the server's catalog: one request for each thousand backups, and
/// one for each backup.
///
/// The summary was read before the entries, so backups that were taken since are no contradiction. `sluice delete` can
/// remove the newest backups in between. So when a summary claims what the entries do not give, it is read once more,
/// and if it has changed, it is compared once more. A sidecar that writes its summary minutes after a `delete` is found
/// wrong until then.
///
/// **Errors:** [S3Failure] when the store does not answer. What the bucket refuses, and damaged entries, are findings.
///
/// **Threading:** any thread that may block; several at once.
public final class FleetCheck {

    private static final int DOCUMENTS_AT_ONCE = 16;

    private final S3Store store;
    private final FleetReader reader;

    /// @param store as of [FleetReader]
    public FleetCheck(S3Store store) {
        this.store = store;
        this.reader = new FleetReader(store);
    }

    /// What differs, database by database. Of a server without a readable summary it says that nothing was compared.
    ///
    /// @param at when the server was read, by the bucket's clock
    public List<FleetDifference> differences(FleetServer server, Instant at) {
        List<FleetDifference> found = compared(server);
        if (server.summary() == null || found.stream().noneMatch(FleetDifference::wrong)) {
            return found;
        }
        return reader.again(server, at)
                .filter(again -> !again.databases().equals(server.databases()))
                .map(this::compared)
                .orElse(found);
    }

    private List<FleetDifference> compared(FleetServer server) {
        if (server.summary() == null) {
            return List.of(new FleetDifference(
                    server.server(), "", false, "it was not checked, because it has no readable summary"));
        }
        Catalog catalog = new Catalog(store, new Keys(server.directory()));
        List<FleetDifference> all = new ArrayList<>();
        Map<String, List<CatalogKey>> entries;
        try {
            entries = Blocking.uncancellably(catalog.list()).stream()
                    .collect(Collectors.groupingBy(CatalogKey::database, LinkedHashMap::new, Collectors.toList()));
        } catch (CatalogException e) {
            return List.of(new FleetDifference(
                    server.server(),
                    "",
                    true,
                    "it could not be checked, because its entries cannot be listed: " + e.getMessage()));
        }
        for (Database database : server.databases()) {
            List<CatalogKey> keys = Optional.ofNullable(entries.remove(Keys.database(database.name())))
                    .orElse(List.of());
            check(database, catalog, keys)
                    .ifPresent(different -> all.add(new FleetDifference(
                            server.server(), database.name(), different.wrong(), different.text())));
        }
        if (server.omitted() == 0) {
            entries.forEach((directory, keys) -> all.add(new FleetDifference(
                    server.server(),
                    directory,
                    false,
                    "the bucket has backups of it, and the summary does not name it: no policy takes it now")));
        }
        return all;
    }

    /// Without all of its entries nothing is compared: what is missing may be what the claim rests on, or what would
    /// contradict it.
    private static Optional<Different> check(Database said, Catalog catalog, List<CatalogKey> keys) {
        List<String> unreadable = new CopyOnWriteArrayList<>();
        List<Backup> backups = Blocking.uncancellably(Flux.fromIterable(keys)
                .flatMap(
                        key -> catalog.read(key, e -> unreadable.add(String.valueOf(e.getMessage()))),
                        DOCUMENTS_AT_ONCE)
                .filter(document -> document.database().equals(said.name()))
                .flatMapIterable((BackupDocument document) ->
                        BackupFacts.of(document).stream().toList()));
        if (!unreadable.isEmpty()) {
            return Optional.of(new Different(
                    true,
                    String.format(
                            Locale.ROOT,
                            "it could not be checked, because %d of its %d entries cannot be read: %s",
                            unreadable.size(),
                            keys.size(),
                            unreadable.getFirst())));
        }
        return compare(
                said.earliest(),
                said.latest(),
                new Planner(backups).report().newest().orElse(null));
    }

    /// @param wrong as in [FleetDifference]
    private record Different(boolean wrong, String text) {}

    private static Optional<Different> compare(
            @Nullable Instant earliest, @Nullable Instant latest, @Nullable Window found) {
        if (latest == null || earliest == null) {
            return found == null
                    ? Optional.empty()
                    : Optional.of(new Different(
                            false,
                            "the summary knows nothing that can be restored, and the entries give " + found.text()));
        }
        if (found == null) {
            return Optional.of(new Different(
                    true,
                    "the summary claims that %s can be restored, and the entries give nothing".formatted(latest)));
        }
        if (latest.isAfter(found.latest())) {
            return Optional.of(new Different(
                    true,
                    "the summary claims a newer recovery point than the entries give: %s, and they reach %s"
                            .formatted(latest, found.latest())));
        }
        if (earliest.equals(found.earliest()) && latest.equals(found.latest())) {
            return Optional.empty();
        }
        return Optional.of(new Different(
                false,
                "the summary says %s to %s, and the entries give %s to %s"
                        .formatted(earliest, latest, found.earliest(), found.latest())));
    }
}
