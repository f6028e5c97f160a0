package dev.sluice.engine.restore;

import java.util.LinkedHashMap;
import java.util.Map;

/// Where a file of the database goes.
///
/// @param logical its name in the database
/// @param path    where the restore puts it, on SQL Server's machine
/// @param was     where it was when the backup was taken
/// @param bytes   its size; 0 when it is not known
public record Destination(String logical, String path, String was, long bytes) {

    public boolean isMoved() {
        return !path.equals(was);
    }

    /// For programs.
    public Map<String, Object> toDocument() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("logical", logical);
        document.put("path", path);
        document.put("was", was);
        document.put("bytes", bytes);
        return document;
    }
}
