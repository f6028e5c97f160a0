package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/// Finds one backup for a command.
final class CatalogLookup {

    /// How many backups are named where an id is not clear.
    private static final int MOST_NAMED = 5;

    private final Environment environment;

    CatalogLookup(Environment environment) {
        this.environment = environment;
    }

    /// The backup with this id, or an id that begins so; committed or not.
    ///
    /// **Errors:** [OperationFailed] `no-such-backup` when there is none, and when there are several.
    BackupDocument byId(String id) {
        return find(id).orElseThrow(() -> none(id));
    }

    /// As [#byId], but empty when no id begins so.
    Optional<BackupDocument> find(String id) {
        if (!Ulid.canBegin(id)) {
            return Optional.empty();
        }
        List<CatalogException> refused = new CopyOnWriteArrayList<>();
        Optional<BackupDocument> found = only(id, committed(id, refused)).or(() -> only(id, pending(id, refused)));
        if (found.isEmpty() && !refused.isEmpty()) {
            throw refused.stream()
                    .filter(e -> e.backupId() != null && e.backupId().startsWith(id))
                    .<RuntimeException>map(e -> e)
                    .findFirst()
                    .orElseGet(() -> failure(
                            "No backup that can be read has an id that begins with %s, and this cannot be read: %s"
                                    .formatted(
                                            id,
                                            refused.stream()
                                                    .map(e -> String.valueOf(e.getMessage()))
                                                    .collect(Collectors.joining("; "))),
                            "List them with `sluice list`."));
        }
        return found;
    }

    private OperationFailed none(String id) {
        return Ulid.canBegin(id)
                ? failure("There is no backup whose id begins with %s".formatted(id), "List them with `sluice list`.")
                : failure(
                        "'%s' is no id of a backup: ids have 26 digits and capital letters".formatted(id),
                        "`sluice list` shows them. If it is the name of a database, `sluice list '%s'` shows its own."
                                .formatted(id));
    }

    private OperationFailed failure(String what, String hint) {
        return new OperationFailed(
                FailureId.NO_SUCH_BACKUP,
                what,
                "bucket " + environment.store().config().bucket(),
                hint,
                null);
    }

    /// An entry that was copied under another key is refused, and stands in the way of no other.
    ///
    /// @param refused takes what cannot be read
    private List<BackupDocument> committed(String id, List<CatalogException> refused) {
        return Blocking.uncancellably(environment
                .catalog()
                .list()
                .filter(key -> key.backupId().startsWith(id))
                .concatMap(key -> environment.catalog().read(key, refused::add)));
    }

    private List<BackupDocument> pending(String id, List<CatalogException> refused) {
        return Blocking.uncancellably(environment
                .catalog()
                .pendings(refused::add)
                .filter(document -> document.backupId().startsWith(id))
                .filter(document -> !document.stripes().isEmpty()));
    }

    private Optional<BackupDocument> only(String id, List<BackupDocument> found) {
        if (found.size() > 1) {
            throw failure(
                    String.format(
                            Locale.ROOT,
                            "%d backups have an id that begins with %s: %s%s",
                            found.size(),
                            id,
                            found.stream()
                                    .limit(MOST_NAMED)
                                    .map(document -> "%s of %s".formatted(document.backupId(), document.database()))
                                    .collect(Collectors.joining(", ")),
                            found.size() > MOST_NAMED ? ", …" : ""),
                    "Write more of the id that you mean.");
        }
        return found.stream().findFirst();
    }
}
