package dev.sluice.engine.stream;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.DatabaseFile;
import java.util.List;
import java.util.Set;

/// The files of a database as its backup names them.
///
/// @param thumbprints of the certificates that encrypt the files (TDE), hexadecimal; only SQL Server tells them
public record DatabaseFiles(List<DatabaseFile> files, Set<String> thumbprints) {

    public DatabaseFiles {
        files = List.copyOf(files);
        thumbprints = Set.copyOf(thumbprints);
    }

    /// Without a word on their encryption.
    public DatabaseFiles(List<DatabaseFile> files) {
        this(files, Set.of());
    }

    public static DatabaseFiles of(BackupDocument document) {
        return new DatabaseFiles(document.files());
    }
}
