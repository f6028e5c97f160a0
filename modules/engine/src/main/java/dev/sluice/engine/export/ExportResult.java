package dev.sluice.engine.export;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An instance was exported.
///
/// @param id         of the export
/// @param exportedAt by SQL Server's clock
/// @param key        of the object below the store's prefix; null for a file
/// @param file       the file; null for the bucket
/// @param bytes      how large it is, sealed
/// @param logins     how many of each it holds
/// @param notes      what was left out or needs a person
public record ExportResult(
        String id,
        Instant exportedAt,
        @Nullable String key,
        @Nullable String file,
        long bytes,
        int logins,
        int jobs,
        int certificates,
        int linkedServers,
        List<String> notes) {

    public ExportResult {
        notes = List.copyOf(notes);
    }
}
