package dev.sluice.engine.restore;

import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.restore.Placement.Arrival;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.RestoreFacts;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Whether the files of a restore can be where they are to go.
final class RestoreFiles {

    static final String NAMES = "file-names";
    static final String DESTINATIONS = "destinations";
    static final String SPACE = "space";

    private final Environment env;
    private final RestoreRequest request;
    private final RestoreFacts facts;
    private final Directories directories;
    private final Placement placement;

    RestoreFiles(
            Environment env,
            RestoreRequest request,
            RestoreFacts facts,
            Directories directories,
            List<Arrival> arrivals) {
        this.env = env;
        this.request = request;
        this.facts = facts;
        this.directories = directories;
        this.placement = Placement.of(arrivals, Placement.Rules.of(request), facts, directories);
    }

    Placement placement() {
        return placement;
    }

    List<Precondition> conditions() {
        return List.of(
                names().map(failure -> RestorePreflight.unmet(NAMES, failure, List.of()))
                        .orElseGet(() -> Precondition.met(NAMES, named())),
                destinations(),
                space());
    }

    private String named() {
        return placement.destinations().isEmpty()
                ? "the backups bring no file that is not there already"
                : "the backups bring "
                        + placement.destinations().stream()
                                .map(Destination::logical)
                                .collect(Collectors.joining(", "));
    }

    /// A misspelt name would leave the file where it must not go.
    Optional<OperationFailed> names() {
        Map<String, String> there =
                request.existing() == RestoreRequest.Existing.CONTINUE ? facts.existingFiles() : Map.of();
        List<String> arriving =
                placement.destinations().stream().map(Destination::logical).toList();
        for (Map.Entry<String, String> move : request.moves().entrySet()) {
            String path = there.get(move.getKey());
            if (path != null && !path.equals(move.getValue())) {
                return Optional.of(RestoreFailures.fileIsThere(move.getKey(), path, request.database(), env));
            }
            if (path == null && !arriving.contains(move.getKey())) {
                return Optional.of(RestoreFailures.noSuchFile(move.getKey(), arriving, request.database(), env));
            }
        }
        return Optional.empty();
    }

    /// No file may be one of another database, or two of this one the same, or one on another operating system.
    private Precondition destinations() {
        Map<String, String> taken = new HashMap<>();
        facts.files().stream()
                // A restore that goes on has files of its own already.
                .filter(file -> !isOfThis(file.database()) || request.existing() == RestoreRequest.Existing.CONTINUE)
                .forEach(file -> taken.put(lower(file.path()), "database " + file.database()));
        Map<String, String> paths = new LinkedHashMap<>();
        placement.destinations().forEach(file -> paths.put(file.logical(), file.path()));
        undoFile().ifPresent(path -> paths.put("the undo file of --standby", path));
        Set<String> unknown = new TreeSet<>();
        for (Map.Entry<String, String> file : paths.entrySet()) {
            String path = file.getValue();
            String owner = taken.put(lower(path), "file " + file.getKey());
            if (owner != null) {
                return RestorePreflight.unmet(
                        DESTINATIONS,
                        RestoreFailures.destinationTaken(file.getKey(), path, owner, request.database(), env),
                        List.of(path));
            }
            if (directories.isForeign(path)) {
                return RestorePreflight.unmet(
                        DESTINATIONS,
                        RestoreFailures.destinationForeign(file.getKey(), path, request.database(), env),
                        List.of(path));
            }
            if (!directories.isKnown(path)) {
                unknown.add(Directories.directory(path));
            }
        }
        if (!unknown.isEmpty()) {
            return Precondition.unknown(
                    DESTINATIONS,
                    "no database has a file in %s, and SQL Server does not tell of a directory otherwise"
                            .formatted(String.join(", ", unknown)),
                    "Make sure that the directory is there and that SQL Server may write to it, or say --default-paths.");
        }
        return Precondition.met(
                DESTINATIONS, String.format(Locale.ROOT, "%d files, each in a directory that is there", paths.size()));
    }

    private Optional<String> undoFile() {
        return request.steps().getLast().recovery() instanceof Recovery.Standby(String undoFile)
                ? Optional.of(undoFile)
                : Optional.empty();
    }

    private static String lower(String path) {
        return path.toLowerCase(Locale.ROOT);
    }

    /// By the server's own spelling: on some servers another database may differ from it in case alone.
    private boolean isOfThis(String database) {
        return facts.existing()
                .map(RestoreFacts.Existing::name)
                .filter(database::equals)
                .isPresent();
    }

    /// Room for the files on each volume. A volume that holds no file of any database is not known to the
    /// server's views, and then SQL Server is the one to tell.
    ///
    /// A file counts in the size in which it comes: how far the roll forward lets it grow depends on where it
    /// stops.
    private Precondition space() {
        Map<String, Long> needed = new LinkedHashMap<>();
        boolean unknown = false;
        for (Destination file : placement.destinations()) {
            Optional<String> volume = volume(file.path());
            volume.ifPresent(known -> needed.merge(known, file.bytes(), Long::sum));
            unknown |= volume.isEmpty() && file.bytes() > 0;
        }
        for (Map.Entry<String, Long> volume : needed.entrySet()) {
            long free = available(volume.getKey());
            if (volume.getValue() > free) {
                return RestorePreflight.unmet(
                        SPACE,
                        RestoreFailures.noSpace(volume.getKey(), volume.getValue(), free, request.database(), env),
                        List.of(volume.getKey()));
            }
        }
        String evidence = needed.entrySet().stream()
                .map(volume -> String.format(
                        Locale.ROOT,
                        "%,d bytes on %s, where %,d are free",
                        volume.getValue(),
                        volume.getKey(),
                        available(volume.getKey())))
                .collect(Collectors.joining("; "));
        return unknown
                ? Precondition.unknown(
                        SPACE,
                        "a file goes to a volume that holds no file of any database, of which SQL Server does not tell"
                                + (evidence.isEmpty() ? "" : "; " + evidence),
                        "Look at the room on that volume yourself.")
                : Precondition.met(SPACE, evidence.isEmpty() ? "no file is created" : evidence);
    }

    private Optional<String> volume(String path) {
        return facts.files().stream()
                .map(RestoreFacts.File::volume)
                .filter(volume -> !volume.isEmpty() && lower(path).startsWith(lower(volume)))
                .max(Comparator.comparingInt(String::length));
    }

    /// What is free, and what becomes free with the database that is replaced.
    private long available(String volume) {
        long free = facts.files().stream()
                .filter(file -> file.volume().equals(volume))
                .mapToLong(RestoreFacts.File::available)
                .max()
                .orElse(0);
        boolean replaced = request.existing() != RestoreRequest.Existing.CONTINUE;
        long freed = facts.files().stream()
                .filter(file -> file.volume().equals(volume) && replaced && isOfThis(file.database()))
                .mapToLong(RestoreFacts.File::bytes)
                .sum();
        return free + freed;
    }
}
