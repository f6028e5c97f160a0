package dev.sluice.engine.restore;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.DatabaseFile;
import dev.sluice.engine.sql.RestoreFacts;
import dev.sluice.engine.stream.DatabaseFiles;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Where each file of a restored database goes.
///
/// A database that exists keeps its files where they are. A new one gets its original places under its original
/// name, as far as this server is known to have their directories; all other files go to the instance's default
/// directories with the database's name in front, so that two databases never share a file. What the request
/// says wins over all of it.
///
/// @param destinations of all files that the restore creates
/// @param byBackup     what MOVE is needed for, by the id of the backup that brings the file
record Placement(List<Destination> destinations, Map<String, Map<String, String>> byBackup) {

    /// Bytes of a file's name before its hash, number and extension.
    private static final int MAX_NAME = 100;

    private static final int HASH_BYTES = 4;

    public Placement {
        destinations = List.copyOf(destinations);
        byBackup = Map.copyOf(byBackup);
    }

    /// The files that a backup brings: those of the first one, and of a later one those that were added since.
    /// The roll forward creates them where they were, unless MOVE says otherwise.
    public record Arrival(String backupId, List<DatabaseFile> files) {

        public Arrival {
            files = List.copyOf(files);
        }

        /// A file is known by its name or, if that was changed, by its place. What SQL Server does with a MOVE
        /// for a file that is there already is not documented, so that none is given one.
        ///
        /// @param backups in the order of the restore, each with its files
        /// @param there   the files that are there before, logical name to path
        public static List<Arrival> of(Map<String, DatabaseFiles> backups, Map<String, String> there) {
            Set<String> logical = new HashSet<>(there.keySet());
            Set<String> paths = new HashSet<>(there.values());
            return backups.entrySet().stream()
                    .map(backup -> new Arrival(
                            backup.getKey(),
                            backup.getValue().files().stream()
                                    .filter(file -> {
                                        boolean named = logical.add(file.logical());
                                        boolean placed = paths.add(file.path());
                                        return named && placed;
                                    })
                                    .toList()))
                    .toList();
        }
    }

    /// What decides about a place, beside the files themselves.
    ///
    /// @param database    name that the database gets
    /// @param sameName    whether that is the name that it had
    /// @param said        logical name to path, as the request has it
    /// @param allDefaults whether every other file goes to the default directories
    public record Rules(String database, boolean sameName, Map<String, String> said, boolean allDefaults) {

        public static Rules of(RestoreRequest request) {
            String was = request.allBackups().stream()
                    .findFirst()
                    .map(BackupDocument::database)
                    .orElse(request.database());
            return new Rules(
                    request.database(),
                    request.database().equals(was),
                    request.moves(),
                    request.choices().defaultPaths());
        }

        /// Whether a file may go where it was: a directory that is not there would fail the restore.
        private boolean keeps(DatabaseFile file, Directories directories) {
            return sameName && !allDefaults && !directories.isForeign(file.path()) && directories.isKnown(file.path());
        }
    }

    /// @param arrivals in the order of the restore
    public static Placement of(List<Arrival> arrivals, Rules rules, RestoreFacts facts, Directories directories) {
        List<Destination> destinations = new ArrayList<>();
        Map<String, Map<String, String>> byBackup = new LinkedHashMap<>();
        Set<String> taken = new HashSet<>();
        facts.filesOfOthers().forEach(path -> taken.add(path.toLowerCase(Locale.ROOT)));
        Map<String, String> existing = facts.existingFiles();
        for (Arrival arrival : arrivals) {
            Map<String, String> moves = new LinkedHashMap<>();
            for (DatabaseFile file : arrival.files()) {
                String path = rules.said.get(file.logical());
                if (path == null && !rules.allDefaults) {
                    path = existing.get(file.logical());
                }
                if (path == null && rules.keeps(file, directories) && !taken.contains(lower(file.path()))) {
                    path = file.path();
                }
                if (path == null) {
                    path = free(file, rules.database, taken, directories);
                }
                taken.add(lower(path));
                destinations.add(new Destination(file.logical(), path, file.path(), file.bytes()));
                if (!path.equals(file.path())) {
                    moves.put(file.logical(), path);
                }
            }
            if (!moves.isEmpty()) {
                byBackup.put(arrival.backupId(), Map.copyOf(moves));
            }
        }
        return new Placement(destinations, byBackup);
    }

    private static String lower(String path) {
        return path.toLowerCase(Locale.ROOT);
    }

    private static String free(DatabaseFile file, String database, Set<String> taken, Directories directories) {
        String was = Directories.directory(file.path());
        int dot = file.path().lastIndexOf('.');
        String extension = dot > was.length() ? file.path().substring(dot) : "";
        String directory = file.log() ? directories.log() : directories.data();
        String stem = (directory.isEmpty() ? was : directory)
                + shortened(fileName(database) + "_" + fileName(file.logical()));
        String path = stem + extension;
        for (int i = 2; taken.contains(lower(path)); i++) {
            path = String.format(Locale.ROOT, "%s_%d%s", stem, i, extension);
        }
        return path;
    }

    /// Database names may hold what file names may not.
    private static String fileName(String name) {
        return name.replaceAll("[^\\p{L}\\p{N}._-]", "_");
    }

    /// Two names of 128 characters are more than a path may have in SQL Server (260 characters) or a file's name
    /// on Linux (255 bytes). What is cut off is in the hash.
    private static String shortened(String name) {
        if (name.getBytes(StandardCharsets.UTF_8).length <= MAX_NAME) {
            return name;
        }
        int end = 0;
        for (int bytes = 0; ; ) {
            int point = name.codePointAt(end);
            bytes += Character.toString(point).getBytes(StandardCharsets.UTF_8).length;
            if (bytes > MAX_NAME) {
                return "%s-%s".formatted(name.substring(0, end), hash(name));
            }
            end += Character.charCount(point);
        }
    }

    private static String hash(String name) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /// What goes behind MOVE in the statement that restores a backup.
    public Map<String, String> moves(BackupDocument backup) {
        return byBackup.getOrDefault(backup.backupId(), Map.of());
    }
}
