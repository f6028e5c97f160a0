package dev.sluice.engine.stream;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.inspect.Inspection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The files of a database as its backup names them.
///
/// Kept in the document, because a restore must say where each one goes and know that there is room for it, and the
/// stream itself would have to be read for it otherwise.
///
/// @param thumbprints of the certificates that encrypt the files (TDE), hexadecimal; only SQL Server tells them
public record DatabaseFiles(List<File> files, Set<String> thumbprints) {

    /// @param logical its name in the database
    /// @param path    where it was
    /// @param bytes   its size, not what of it was backed up; 0 when it is not known
    /// @param log     whether it holds the log
    public record File(String logical, String path, long bytes, boolean log) {}

    public DatabaseFiles {
        files = List.copyOf(files);
        thumbprints = Set.copyOf(thumbprints);
    }

    /// Without a word on their encryption.
    public DatabaseFiles(List<File> files) {
        this(files, Set.of());
    }

    /// From a stream that has passed; empty when it was not understood.
    public static DatabaseFiles of(List<Inspection> inspections) {
        Map<String, File> files = new LinkedHashMap<>();
        for (Inspection inspection : inspections) {
            if (inspection instanceof Inspection.Inspected inspected) {
                inspected.header().ifPresent(header -> {
                    for (BackupFile file : header.files()) {
                        files.put(
                                file.logicalName(),
                                new File(
                                        file.logicalName(),
                                        file.physicalName(),
                                        file.size(),
                                        file.kind() == BackupFile.Kind.LOG));
                    }
                });
            }
        }
        return new DatabaseFiles(List.copyOf(files.values()));
    }

    public static DatabaseFiles of(BackupDocument document) {
        return new DatabaseFiles(document.files().stream()
                .map(file -> new File(file.logical(), file.path(), file.bytes(), file.log()))
                .toList());
    }

    public void describe(Map<String, Object> inspected) {
        if (files.isEmpty()) {
            return;
        }
        Map<String, Object> all = new LinkedHashMap<>();
        for (File file : files) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("path", file.path());
            one.put("bytes", file.bytes());
            one.put("log", file.log());
            all.put(file.logical(), one);
        }
        inspected.put(BackupDocument.FILES, all);
    }
}
