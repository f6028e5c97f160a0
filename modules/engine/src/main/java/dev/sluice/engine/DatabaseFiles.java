package dev.sluice.engine;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.inspect.Inspection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The files of a database as its backup names them.
///
/// Kept in the document, because a restore must say where each one goes and know that there is room for it, and the
/// stream itself would have to be read for it otherwise.
///
/// @param thumbprints of the certificates that encrypt the files (TDE), hexadecimal; only SQL Server tells them
record DatabaseFiles(List<File> files, Set<String> thumbprints) {

    /// @param logical its name in the database
    /// @param path    where it was
    /// @param bytes   its size, not what of it was backed up; 0 when it is not known
    /// @param log     whether it holds the log
    record File(String logical, String path, long bytes, boolean log) {}

    DatabaseFiles {
        files = List.copyOf(files);
        thumbprints = Set.copyOf(thumbprints);
    }

    /// Without a word on their encryption.
    DatabaseFiles(List<File> files) {
        this(files, Set.of());
    }

    /// From RESTORE FILELISTONLY.
    static DatabaseFiles of(Listing listing) {
        return new DatabaseFiles(
                listing.rows().stream()
                        .map(row -> new File(
                                String.valueOf(row.get("logicalname")),
                                String.valueOf(row.get("physicalname")),
                                row.get("size") instanceof Number bytes ? bytes.longValue() : 0,
                                "L".equals(String.valueOf(row.get("type")).strip())))
                        .toList(),
                listing.rows().stream()
                        .flatMap(row -> row.get("tdethumbprint") instanceof byte[] thumbprint
                                ? Stream.of(HexFormat.of().formatHex(thumbprint))
                                : Stream.<String>empty())
                        .collect(Collectors.toSet()));
    }

    /// From a stream that has passed; empty when it was not understood.
    static DatabaseFiles of(List<Inspection> inspections) {
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

    static DatabaseFiles of(BackupDocument document) {
        return new DatabaseFiles(document.files().stream()
                .map(file -> new File(file.logical(), file.path(), file.bytes(), file.log()))
                .toList());
    }

    void describe(Map<String, Object> inspected) {
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
