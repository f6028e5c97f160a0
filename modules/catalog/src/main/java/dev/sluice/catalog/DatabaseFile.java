package dev.sluice.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A file of a database, as its backup names it.
///
/// @param logical its name in the database
/// @param path    its path on the server that took the backup
/// @param bytes   the file's size, not the number of bytes that were backed up; 0 when unknown
/// @param log     whether it holds the log
public record DatabaseFile(String logical, String path, long bytes, boolean log) {

    /// **Errors:** [IllegalArgumentException], which names the file, when its name or path is longer than SQL Server
    /// allows, or its size is negative.
    public DatabaseFile {
        if (logical.length() > SetFacts.LONGEST_NAME || path.length() > SetFacts.LONGEST_PATH || bytes < 0) {
            throw new IllegalArgumentException("the file '%s' has a name or a path that is too long, or a negative size"
                    .formatted(PrintableText.text(logical)));
        }
    }

    /// From a document: members are named after the files.
    ///
    /// **Errors:** [IllegalArgumentException], which names the file.
    static List<DatabaseFile> of(Map<?, ?> files) {
        List<DatabaseFile> all = new ArrayList<>();
        files.forEach((logical, value) -> {
            if (!(value instanceof Map<?, ?> file)
                    || !(file.get("path") instanceof String path)
                    || !(file.get("bytes") instanceof Number bytes)
                    || !(file.get("log") instanceof Boolean log)) {
                throw new IllegalArgumentException("'%s' must have a path, a size and whether it is a log file"
                        .formatted(PrintableText.text(String.valueOf(logical))));
            }
            all.add(new DatabaseFile(logical.toString(), path, bytes.longValue(), log));
        });
        return List.copyOf(all);
    }
}
