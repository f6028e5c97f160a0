package dev.sluice.engine;

import dev.sluice.engine.sql.RestoreFacts;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Where each file of a restored database goes.
///
/// A database that exists keeps its files where they are. A new one gets its original places under its original
/// name, and under another name the instance's default directories with the database's name in front, so that two
/// databases never share a file. What somebody has said wins over all of it.
///
/// @param paths    logical name to path, of all files
/// @param original where the backup would put them
record Placement(Map<String, String> paths, Map<String, String> original) {

    Placement {
        paths = Map.copyOf(paths);
        original = Map.copyOf(original);
    }

    /// @param said     logical name to path, as the request has it
    /// @param sameName whether the database keeps the name that it had
    static Placement of(
            DatabaseFiles files, String database, boolean sameName, Map<String, String> said, RestoreFacts facts) {
        Map<String, String> paths = new LinkedHashMap<>();
        Map<String, String> original = new LinkedHashMap<>();
        Set<String> taken = new HashSet<>();
        facts.filesOfOthers().forEach(path -> taken.add(path.toLowerCase(Locale.ROOT)));
        Map<String, String> existing = facts.existingFiles();
        for (DatabaseFiles.File file : files.files()) {
            original.put(file.logical(), file.path());
            String path = said.get(file.logical());
            if (path == null) {
                path = existing.get(file.logical());
            }
            if (path == null && sameName && !taken.contains(file.path().toLowerCase(Locale.ROOT))) {
                path = file.path();
            }
            if (path == null) {
                path = free(file, database, taken, facts);
            }
            taken.add(path.toLowerCase(Locale.ROOT));
            paths.put(file.logical(), path);
        }
        return new Placement(paths, original);
    }

    private static String free(DatabaseFiles.File file, String database, Set<String> taken, RestoreFacts facts) {
        int name = Math.max(file.path().lastIndexOf('/'), file.path().lastIndexOf('\\')) + 1;
        int dot = file.path().lastIndexOf('.');
        String extension = dot > name ? file.path().substring(dot) : "";
        String directory = file.log() ? facts.defaultLogPath() : facts.defaultDataPath();
        if (directory.isEmpty()) {
            directory = file.path().substring(0, name);
        } else if (!directory.endsWith("/") && !directory.endsWith("\\")) {
            directory += directory.contains("\\") ? "\\" : "/";
        }
        String stem = directory + fileName(database) + "_" + fileName(file.logical());
        String path = stem + extension;
        for (int i = 2; taken.contains(path.toLowerCase(Locale.ROOT)); i++) {
            path = "%s_%d%s".formatted(stem, i, extension);
        }
        return path;
    }

    /// Database names may hold what file names may not.
    private static String fileName(String name) {
        return name.replaceAll("[^\\p{L}\\p{N}._-]", "_");
    }

    /// The files that do not go where the backup would put them.
    Map<String, String> moves() {
        Map<String, String> moves = new LinkedHashMap<>();
        paths.forEach((logical, path) -> {
            if (!path.equals(original.get(logical))) {
                moves.put(logical, path);
            }
        });
        return moves;
    }
}
