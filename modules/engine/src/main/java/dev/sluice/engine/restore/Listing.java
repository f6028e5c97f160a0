package dev.sluice.engine.restore;

import dev.sluice.engine.stream.DatabaseFiles;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

    /// The database's files, from FILELISTONLY.
    DatabaseFiles files() {
        return new DatabaseFiles(
                rows.stream()
                        .map(row -> new DatabaseFiles.File(
                                String.valueOf(row.get("logicalname")),
                                String.valueOf(row.get("physicalname")),
                                row.get("size") instanceof Number size ? size.longValue() : 0,
                                "L".equals(String.valueOf(row.get("type")).strip())))
                        .toList(),
                rows.stream()
                        .flatMap(row -> row.get("tdethumbprint") instanceof byte[] thumbprint
                                ? Stream.of(HexFormat.of().formatHex(thumbprint))
                                : Stream.<String>empty())
                        .collect(Collectors.toSet()));
    }
}
