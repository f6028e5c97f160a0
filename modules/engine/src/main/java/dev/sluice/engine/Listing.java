package dev.sluice.engine;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What SQL Server says about a backup without restoring it.
///
/// @param rows  values by lower-case column name; none for VERIFYONLY
/// @param bytes that it read for it
public record Listing(Kind kind, List<Map<String, @Nullable Object>> rows, long bytes) {

    /// RESTORE's words.
    public enum Kind {
        HEADERONLY,
        FILELISTONLY,
        LABELONLY,
        VERIFYONLY
    }

    public Listing {
        rows = rows.stream()
                .<Map<String, @Nullable Object>>map(row -> Collections.unmodifiableMap(new LinkedHashMap<>(row)))
                .toList();
    }
}
