package dev.sluice.engine.restore;

import dev.sluice.catalog.DatabaseFile;
import dev.sluice.engine.sql.Row;
import dev.sluice.engine.stream.DatabaseFiles;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/// What SQL Server says about a backup without restoring it.
///
/// @param rows  none for VERIFYONLY
/// @param bytes that it read for it
public record Listing(Kind kind, List<Row> rows, long bytes) {

    /// RESTORE's words.
    public enum Kind {
        HEADERONLY,
        FILELISTONLY,
        LABELONLY,
        VERIFYONLY
    }

    public Listing {
        rows = List.copyOf(rows);
    }

    /// The database's files, from FILELISTONLY.
    DatabaseFiles files() {
        return new DatabaseFiles(
                rows.stream()
                        .map(row -> new DatabaseFile(
                                row.text("LogicalName"),
                                row.text("PhysicalName"),
                                row.optionalNumber("Size").orElse(0),
                                row.text("Type").strip().equals("L")))
                        .toList(),
                rows.stream()
                        .flatMap(row -> row.optionalBytes("TDEThumbprint").stream())
                        .map(HexFormat.of()::formatHex)
                        .collect(Collectors.toSet()));
    }
}
