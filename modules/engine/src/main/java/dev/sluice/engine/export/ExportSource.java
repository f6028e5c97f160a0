package dev.sluice.engine.export;

import dev.sluice.catalog.Exports;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import java.nio.file.Path;
import java.util.List;

/// Where an export is.
public sealed interface ExportSource {

    /// @param id its id, or how it begins; empty for the newest
    record InBucket(String id) implements ExportSource {}

    record InFile(Path file) implements ExportSource {}

    /// All exports in the bucket, the oldest first.
    static List<Exports.Listed> all(Environment env, Blocking blocking) {
        return ExportReading.all(env, blocking);
    }
}
