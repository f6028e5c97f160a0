package dev.sluice.engine;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.s3.catalog.BackupDocument;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The files of a database as its backup names them: logical name to physical path.
///
/// Kept in the document, because a restore under another name must say where each one goes, and the stream
/// itself would have to be read for it otherwise.
record DatabaseFiles(Map<String, String> paths) {

    private static final String KEY = "files";

    DatabaseFiles {
        paths = Map.copyOf(paths);
    }

    /// From a stream that has passed; empty when it was not understood.
    static DatabaseFiles of(List<Inspection> inspections) {
        Map<String, String> paths = new LinkedHashMap<>();
        for (Inspection inspection : inspections) {
            if (inspection instanceof Inspection.Inspected inspected) {
                inspected.header().ifPresent(header -> {
                    for (BackupFile file : header.files()) {
                        paths.put(file.logicalName(), file.physicalName());
                    }
                });
            }
        }
        return new DatabaseFiles(paths);
    }

    static DatabaseFiles of(BackupDocument document) {
        Map<String, String> paths = new LinkedHashMap<>();
        if (document.inspected().get(KEY) instanceof Map<?, ?> files) {
            files.forEach((logical, path) -> paths.put(String.valueOf(logical), String.valueOf(path)));
        }
        return new DatabaseFiles(paths);
    }

    void describe(Map<String, Object> inspected) {
        if (!paths.isEmpty()) {
            inspected.put(KEY, new LinkedHashMap<>(paths));
        }
    }

    Map<String, String> placedFor(String database) {
        Map<String, String> moves = new LinkedHashMap<>();
        paths.forEach((logical, path) -> {
            int name = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1;
            int dot = path.lastIndexOf('.');
            String extension = dot > name ? path.substring(dot) : "";
            moves.put(logical, path.substring(0, name) + fileName(database) + "_" + fileName(logical) + extension);
        });
        return moves;
    }

    /// Database names may hold what file names may not.
    private static String fileName(String name) {
        return name.replaceAll("[^\\p{L}\\p{N}._-]", "_");
    }
}
