package dev.sluice.engine.inventory;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.bucket.StoredObjects;
import dev.sluice.engine.chain.FamilyNames;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.engine.plan.OtherNames;
import dev.sluice.engine.plan.ServerTime;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.sql.BackupHistory;
import dev.sluice.engine.sql.DatabaseFacts;
import dev.sluice.engine.sql.RecoveryStatus;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.S3Failure;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads all documents of a database, and what msdb knows beyond them.
///
/// Documents are kept under the server's own spelling of a database's name. So that is looked for first, and what
/// was typed only where the server has no such database or the bucket nothing of it.
public final class InventoryReader {

    private static final int DOCUMENTS_AT_ONCE = 16;

    private final Environment env;
    private final Blocking blocking;
    private final String database;
    private final @Nullable ZoneId zone;
    private final Queue<String> refused = new ConcurrentLinkedQueue<>();

    public InventoryReader(Environment env, Blocking blocking, String database, @Nullable ZoneId zone) {
        this.env = env;
        this.blocking = blocking;
        this.database = database;
        this.zone = zone;
    }

    public Inventory read() {
        List<String> notes = new ArrayList<>();
        List<SetFacts> history = List.of();
        RecoveryStatus status = null;
        String name = database;
        try (SqlSession session = env.server().connect()) {
            name = DatabaseFacts.find(session, database)
                    .map(DatabaseFacts::name)
                    .orElse(database);
            history = BackupHistory.ofDatabase(session, database);
            status = RecoveryStatus.of(session, database).orElse(null);
        } catch (SqlServerUnavailable e) {
            // Only what others have taken is not known then; it would explain gaps, and nothing else.
            notes.add("msdb could not be asked who else has taken backups: " + e.getMessage());
        }
        List<BackupDocument> documents = documents(name);
        if (documents.isEmpty() && !name.equals(database)) {
            name = database;
            documents = documents(name);
        }
        Optional<StoredObjects> objects = objects(name, documents);
        List<BackupDocument> relatives = relatives(name, documents, status, notes);
        if (documents.isEmpty() && relatives.isEmpty()) {
            alike().ifPresent(notes::add);
        }
        for (String other : names(relatives)) {
            Optional<StoredObjects> others = objects(other, relatives);
            objects = objects.flatMap(own -> others.map(own::and));
        }
        return of(name, Stream.concat(relatives.stream(), documents.stream()).toList(), objects, history, notes);
    }

    /// Documents of the database that are kept under another name, as far as the ones under its own rest on
    /// them.
    private List<BackupDocument> relatives(
            String name, List<BackupDocument> documents, @Nullable RecoveryStatus status, List<String> notes) {
        List<Backup> own = documents.stream()
                .flatMap(document -> BackupFacts.of(document).stream())
                .toList();
        Set<UUID> families = own.stream().map(Backup::family).collect(Collectors.toCollection(HashSet::new));
        boolean unknown = status != null && families.add(status.family());
        if (!unknown && !OtherNames.areNeeded(own)) {
            return List.of();
        }
        Set<String> wanted = families.stream().map(UUID::toString).collect(Collectors.toSet());
        Map<Backup, BackupDocument> others = new LinkedHashMap<>();
        for (FamilyNames.Relative relative : FamilyNames.of(env, blocking, name, wanted, this::refuse)) {
            for (BackupDocument document : documents(relative.database())) {
                BackupFacts.of(document)
                        .filter(backup -> families.contains(backup.family()))
                        .ifPresent(backup -> others.put(backup, document));
            }
        }
        Set<UUID> forks =
                own.stream().map(backup -> backup.path().last()).collect(Collectors.toCollection(HashSet::new));
        // A copy that is still restoring is on the fork of what it is restored from. Only what was the very same
        // database, under another name, is its past.
        for (BackupDocument document : others.values()) {
            if (status != null && isOf(status, document)) {
                forks.add(status.fork());
            }
        }
        List<BackupDocument> found = OtherNames.leadingTo(forks, own, others.keySet()).stream()
                .map(others::get)
                .toList();
        Set<String> names = names(found.isEmpty() ? others.values() : found);
        if (!found.isEmpty()) {
            notes.add(String.format(
                    Locale.ROOT,
                    "%d backups that %s rests on are kept under the name %s, by which they were taken",
                    found.size(),
                    name,
                    String.join(", ", names)));
        } else if (!names.isEmpty() && documents.isEmpty()) {
            notes.add(
                    "the bucket has no backups of %s, and has some of the same family under the name %s: say that name"
                            .formatted(name, String.join(", ", names)));
        }
        return found;
    }

    private static boolean isOf(RecoveryStatus status, BackupDocument document) {
        return document.stream()
                .guid("database_guid")
                .filter(status.database()::equals)
                .isPresent();
    }

    private static Set<String> names(Collection<BackupDocument> documents) {
        return documents.stream().map(BackupDocument::database).collect(Collectors.toCollection(TreeSet::new));
    }

    private Inventory of(
            String name,
            List<BackupDocument> documents,
            Optional<StoredObjects> objects,
            List<SetFacts> history,
            List<String> notes) {
        ServerTime time = time(documents);
        List<Backup> backups = new ArrayList<>();
        List<Inventory.Unplannable> unreadable = new ArrayList<>();
        Set<UUID> known = new HashSet<>();
        for (BackupDocument document : documents) {
            BackupFacts.of(document)
                    .ifPresentOrElse(
                            backup -> {
                                known.add(backup.set());
                                backups.add(backup.without(objects.map(there -> there.missing(document))
                                        .orElse(Set.of())));
                            },
                            () -> unreadable.add(new Inventory.Unplannable(
                                    document, BackupFacts.lacking(document).orElseThrow())));
        }
        for (SetFacts row : history) {
            BackupFacts.elsewhere(
                            row,
                            time,
                            id -> objects.map(there -> there.hasDataOf(id)).orElse(false))
                    .filter(this::isOfTheTime)
                    .filter(backup -> known.add(backup.set()))
                    .ifPresent(backups::add);
        }
        return new Inventory(name, backups, documents, unreadable, refused(), time, notes);
    }

    /// msdb tells of today. What it has recorded since says nothing about a bucket that is read as it was.
    private boolean isOfTheTime(Backup backup) {
        return env.store().asOf().filter(backup.finished()::isAfter).isEmpty();
    }

    /// Each once: the look for other names reads the database's own documents again.
    private List<String> refused() {
        return refused.stream().distinct().toList();
    }

    /// The databases in the bucket whose names differ in case alone: without the database itself, it cannot be
    /// told whether the server would have taken one for the other.
    private Optional<String> alike() {
        String slug = slug(Keys.database(database));
        Map<String, CatalogKey> newest = new LinkedHashMap<>();
        try {
            blocking.readEach(
                    env.catalog().list().filter(key -> slug(key.database()).equals(slug)),
                    key -> newest.put(key.database(), key));
            Set<String> names = new TreeSet<>();
            for (CatalogKey key : newest.values()) {
                blocking.read(env.catalog().read(key, this::refuse))
                        .map(BackupDocument::database)
                        .filter(database::equalsIgnoreCase)
                        .ifPresent(names::add);
            }
            return names.isEmpty()
                    ? Optional.empty()
                    : Optional.of("the bucket has no backups of %s, and has some of %s: say the name as it is there"
                            .formatted(database, String.join(", ", names)));
        } catch (CatalogException e) {
            return Optional.of("names that are like it could not be looked for: " + e.getMessage());
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
    }

    /// What is in front of the hash.
    private static String slug(String directory) {
        return directory.substring(0, directory.lastIndexOf('-') + 1);
    }

    /// Empty when the bucket refuses to list them: then none is called missing. A restore looks again before it
    /// begins.
    private Optional<StoredObjects> objects(String name, List<BackupDocument> documents) {
        try {
            return Optional.of(StoredObjects.of(env, blocking, name).andForeign(env, blocking, documents));
        } catch (S3Failure e) {
            if (!e.kind().isOfObject()) {
                throw Failures.store(e, List.of());
            }
            refused.add("Whether the objects of %s are there is not known: %s".formatted(name, e.getMessage()));
            return Optional.empty();
        }
    }

    private List<BackupDocument> documents(String name) {
        try {
            List<BackupDocument> documents = new ArrayList<>(blocking.readAll(env.catalog()
                    .list(name)
                    .flatMapSequential(key -> env.catalog().read(key, this::refuse), DOCUMENTS_AT_ONCE)
                    // The name of a directory is no proof: it is made of a piece of the name and a hash.
                    .filter(document -> document.database().equals(name))));
            Set<String> committed = new HashSet<>();
            documents.forEach(document -> committed.add(document.backupId()));
            documents.addAll(blocking.readAll(env.catalog()
                    .pendings(this::refuse)
                    .filter(document -> document.database().equals(name))
                    .filter(document -> !document.stripes().isEmpty() && !committed.contains(document.backupId()))));
            return documents;
        } catch (CatalogException e) {
            // The listing itself: without it there is nothing to plan with, which is not the same as no backups.
            throw Failures.catalog(e, env);
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
    }

    private void refuse(CatalogException e) {
        refused.add(String.valueOf(e.getMessage()));
    }

    private ServerTime time(List<BackupDocument> documents) {
        if (zone != null) {
            return ServerTime.stated(zone);
        }
        Map<Instant, ZoneOffset> observed = new HashMap<>();
        for (BackupDocument document : documents) {
            BackupFacts.offset(document).ifPresent(offset -> observed.put(document.startedAt(), offset));
        }
        if (observed.isEmpty()) {
            observed.put(Instant.EPOCH, ZoneOffset.UTC);
        }
        return ServerTime.observed(observed);
    }
}
