package dev.sluice.engine.stream;

import dev.sluice.catalog.DatabaseFile;
import dev.sluice.catalog.SetFacts;
import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.inspect.Inspection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the streams of a backup say about it, as a document holds it.
///
/// A value that no backup of SQL Server has is passed over: the rest is of use all the same, and no backup fails by it.
///
/// @param set    the facts about the backup set; [SetFacts#NONE] when no stripe was understood
/// @param files  the database's files; empty when no stripe was understood
/// @param oddity the first value that was passed over, in words; empty when there was none
public record StreamDescription(SetFacts set, List<DatabaseFile> files, Optional<String> oddity) {

    public StreamDescription {
        files = List.copyOf(files);
    }

    /// @param inspections of all stripes, in their order
    public static StreamDescription of(List<Inspection> inspections) {
        Map<String, Object> told = HeaderFacts.of(inspections);
        try {
            return new StreamDescription(SetFacts.of(told), files(inspections), Optional.empty());
        } catch (IllegalArgumentException e) {
            return new StreamDescription(
                    SetFacts.understood(told), known(inspections), Optional.of(String.valueOf(e.getMessage())));
        }
    }

    /// All or none: to a restore, a file that is not named would have no place.
    private static List<DatabaseFile> known(List<Inspection> inspections) {
        try {
            return files(inspections);
        } catch (IllegalArgumentException _) {
            return List.of();
        }
    }

    private static List<DatabaseFile> files(List<Inspection> inspections) {
        Map<String, DatabaseFile> files = new LinkedHashMap<>();
        for (Inspection inspection : inspections) {
            if (inspection instanceof Inspection.Inspected inspected) {
                inspected.header().ifPresent(header -> {
                    for (BackupFile file : header.files()) {
                        files.put(
                                file.logicalName(),
                                new DatabaseFile(
                                        file.logicalName(),
                                        file.physicalName(),
                                        file.size(),
                                        file.kind() == BackupFile.Kind.LOG));
                    }
                });
            }
        }
        return List.copyOf(files.values());
    }
}
