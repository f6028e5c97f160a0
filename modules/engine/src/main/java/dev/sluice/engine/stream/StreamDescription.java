package dev.sluice.engine.stream;

import dev.sluice.mtf.inspect.Inspection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the streams of a backup say of it, in the form in which documents hold it.
public final class StreamDescription {

    private StreamDescription() {}

    /// The members [BackupDocument#STREAM] and [BackupDocument#FILES] of a document's `inspected`, each absent
    /// when no stripe was understood.
    ///
    /// @param inspections of all stripes, in their order
    public static Map<String, Object> of(List<Inspection> inspections) {
        Map<String, Object> described = new LinkedHashMap<>();
        StreamFacts.of(inspections).describe(described);
        DatabaseFiles.of(inspections).describe(described);
        return described;
    }
}
