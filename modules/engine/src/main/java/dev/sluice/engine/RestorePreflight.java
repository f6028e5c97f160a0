package dev.sluice.engine;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.Placement.Arrival;
import dev.sluice.engine.RestoreRequest.Existing;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.engine.sql.RestoreFacts;
import dev.sluice.engine.sql.SqlSession;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Everything that can be known to fail, asked before anything is touched.
///
/// SQL Server refuses most of it too, but some only after the old database is gone, and some in the middle of
/// the night.
final class RestorePreflight {

    private final Environment env;
    private final RestoreRequest request;
    private final SqlSession control;
    private final Function<BackupDocument, DatabaseFiles> listing;
    private final RestoreFacts facts;

    /// @param listing the files of a backup whose document does not name them
    RestorePreflight(
            Environment env,
            RestoreRequest request,
            SqlSession control,
            Function<BackupDocument, DatabaseFiles> listing) {
        this.env = env;
        this.request = request;
        this.control = control;
        this.listing = listing;
        this.facts = RestoreFacts.read(control, request.database());
    }

    /// **Errors:** [OperationFailed] for the first thing that is in the way.
    ///
    /// @return where the files go
    Placement check() {
        facts.existing().ifPresentOrElse(this::existing, this::missing);
        version();
        memory();
        keys();
        objects();
        List<Arrival> arrivals = arrivals();
        Placement placement = placement(arrivals);
        space(arrivals, placement);
        return placement;
    }

    /// Where the files go that the restore creates.
    Placement placement() {
        return placement(arrivals());
    }

    private Placement placement(List<Arrival> arrivals) {
        String was = request.allBackups().stream()
                .findFirst()
                .map(BackupDocument::database)
                .orElse(request.database());
        List<String> logical = arrivals.stream()
                .flatMap(arrival -> arrival.files().stream())
                .map(DatabaseFiles.File::logical)
                .toList();
        request.moves().forEach((name, path) -> known(name, path, logical));
        return Placement.of(arrivals, request.database(), request.database().equals(was), request.moves(), facts);
    }

    /// The files that each backup brings. A restore that goes on has some.
    ///
    /// Of a stream that was not understood when it passed, such as an encrypted one, SQL Server has to say it.
    private List<Arrival> arrivals() {
        Map<String, DatabaseFiles> all = new LinkedHashMap<>();
        for (BackupDocument backup : request.allBackups()) {
            DatabaseFiles named = DatabaseFiles.of(backup);
            all.put(backup.backupId(), named.files().isEmpty() ? listing.apply(backup) : named);
        }
        List<Arrival> arrivals = Arrival.of(all, there());
        // A server that does not name the files of what waits cannot be told of any but those that come later.
        boolean unknown = request.existing() == Existing.CONTINUE && there().isEmpty();
        return unknown ? arrivals.stream().skip(1).toList() : arrivals;
    }

    private Map<String, String> there() {
        return request.existing() == Existing.CONTINUE ? facts.existingFiles() : Map.of();
    }

    /// A misspelt name would leave the file where it must not go.
    private void known(String logical, String path, List<String> arriving) {
        String there = there().get(logical);
        if (there != null && !there.equals(path)) {
            throw RestoreFailures.fileIsThere(logical, there, request.database(), env);
        }
        if (there == null && !arriving.contains(logical)) {
            throw RestoreFailures.noSuchFile(logical, arriving, request.database(), env);
        }
    }

    private void existing(RestoreFacts.Existing existing) {
        String database = request.database();
        if (existing.replicated()) {
            throw RestoreFailures.replicated(database, env);
        }
        switch (request.existing()) {
            case KEEP ->
                throw existing.isRestoring()
                        ? RestoreFailures.restoring(database, env)
                        : Failures.exists(database, env);
            case CONTINUE -> {
                if (!existing.isRestoring()) {
                    throw RestoreFailures.notRestoring(database, existing.state(), env);
                }
                continues();
            }
            case REPLACE -> {
                if (existing.hasTail()) {
                    throw RestoreFailures.tail(existing, env);
                }
            }
            case REPLACE_AND_DISCARD_TAIL -> {}
        }
        if (!existing.sessions().isEmpty()) {
            throw RestoreFailures.inUse(database, existing.sessions(), env);
        }
    }

    /// Whether what waits is the database that the backups are of. msdb, which the plan goes by, knows databases
    /// by their names; where somebody has put another one in its place, only the database itself can tell.
    ///
    /// What it does not tell, SQL Server sees when it is asked to go on.
    private void continues() {
        Backup next =
                request.backups().stream().findFirst().flatMap(BackupFacts::of).orElse(null);
        RestoreFacts.Lineage there =
                RestoreFacts.lineage(control, request.database()).orElse(null);
        if (next == null || there == null) {
            return;
        }
        if (!there.family().equalsIgnoreCase(next.family().toString())) {
            throw RestoreFailures.otherFamily(request.database(), there.family(), next, env);
        }
        // A differential and a full backup bring their own fork with them.
        boolean known = !there.fork().isEmpty() && next.kind() == Backup.Kind.LOG;
        if (known
                && !there.fork().equalsIgnoreCase(next.path().first().toString())
                && !there.fork().equalsIgnoreCase(next.path().last().toString())) {
            throw RestoreFailures.otherFork(request.database(), there.fork(), next, env);
        }
    }

    private void missing() {
        if (request.existing() == Existing.CONTINUE) {
            throw Failures.noSuchDatabase(request.database(), env);
        }
    }

    /// A server restores what older ones wrote, never what newer ones did (3169).
    private void version() {
        for (BackupDocument backup : request.allBackups()) {
            int major = backup.stream().majorVersion().orElse(0);
            if (major > facts.majorVersion()) {
                throw RestoreFailures.olderServer(
                        backup.backupId(), major, facts.majorVersion(), request.database(), env);
            }
        }
    }

    /// A backup that can never be admitted is no reason to take the old database down first.
    private void memory() {
        for (BackupDocument backup : request.allBackups()) {
            try {
                env.budget()
                        .requireRoom(
                                backup.stripes().size(), Downloads.plan(backup).memoryPerStripe());
            } catch (IllegalArgumentException e) {
                throw RestoreFailures.notEnoughMemory(backup, e);
            }
        }
    }

    private void keys() {
        for (BackupDocument backup : request.allBackups()) {
            String thumbprint = backup.facts().text("encryptor_thumbprint");
            if (thumbprint.matches("([0-9A-Fa-f]{2})+") && !RestoreFacts.hasKey(control, thumbprint)) {
                throw RestoreFailures.noKey(backup.backupId(), thumbprint, request.database(), env);
            }
        }
    }

    /// All objects of all stripes, in the size that they had: nothing is begun that cannot be finished.
    private void objects() {
        for (BackupDocument backup : request.allBackups()) {
            Map<String, Long> sizes = StoredObjects.of(env, backup).sizes();
            for (BackupDocument.Stripe stripe : backup.stripes()) {
                for (BackupDocument.Segment segment : stripe.segments()) {
                    Long bytes = sizes.get(segment.key());
                    if (bytes == null || bytes != segment.bytes()) {
                        throw RestoreFailures.objectMissing(backup, stripe, segment, bytes);
                    }
                }
            }
        }
    }

    /// Room for the files on each volume. A volume that holds no file of any database is not known to the
    /// server's views, and then SQL Server is the one to tell.
    ///
    /// A file counts in the size in which it comes: how far the roll forward lets it grow depends on where it
    /// stops.
    private void space(List<Arrival> arrivals, Placement placement) {
        Map<String, Long> needed = new LinkedHashMap<>();
        for (Arrival arrival : arrivals) {
            for (DatabaseFiles.File file : arrival.files()) {
                String path = placement.paths().getOrDefault(file.logical(), file.path());
                volume(path).ifPresent(volume -> needed.merge(volume, file.bytes(), Long::sum));
            }
        }
        needed.forEach((volume, bytes) -> {
            long free = available(volume);
            if (bytes > free) {
                throw RestoreFailures.noSpace(volume, bytes, free, request.database(), env);
            }
        });
    }

    private Optional<String> volume(String path) {
        return facts.files().stream()
                .map(RestoreFacts.File::volume)
                .filter(volume ->
                        !volume.isEmpty() && path.toLowerCase(Locale.ROOT).startsWith(volume.toLowerCase(Locale.ROOT)))
                .max(Comparator.comparingInt(String::length));
    }

    /// What is free, and what becomes free with the database that is replaced.
    private long available(String volume) {
        long free = facts.files().stream()
                .filter(file -> file.volume().equals(volume))
                .mapToLong(RestoreFacts.File::available)
                .max()
                .orElse(0);
        // By the server's own spelling: on some servers another database may differ from it in case alone.
        String replaced = request.existing() == Existing.CONTINUE
                ? ""
                : facts.existing().map(RestoreFacts.Existing::name).orElse("");
        long freed = facts.files().stream()
                .filter(file -> file.volume().equals(volume) && file.database().equals(replaced))
                .mapToLong(RestoreFacts.File::bytes)
                .sum();
        return free + freed;
    }
}
