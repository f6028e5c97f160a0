package dev.sluice.engine.inventory;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.ServerTime;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// All backups of a database that the bucket or msdb knows.
///
/// @param database   its name as its documents have it: the server's own spelling, if it has the database
/// @param backups    as far as they can be planned with
/// @param documents  of those in the bucket, unconfirmed ones last; before them those that are kept under
///                   another name, as far as the database's own rest on them
/// @param unreadable documents that do not say enough to plan with, or what cannot be
/// @param refused    what is wrong with each entry that is no document this program understands
/// @param time       of the server's clock
/// @param notes      what could not be asked, and which other names were looked under
public record Inventory(
        String database,
        List<Backup> backups,
        List<BackupDocument> documents,
        List<Unplannable> unreadable,
        List<String> refused,
        ServerTime time,
        List<String> notes) {

    /// A document with which nothing can be planned.
    ///
    /// @param why what it lacks
    public record Unplannable(BackupDocument document, String why) {}

    public Inventory {
        backups = List.copyOf(backups);
        documents = List.copyOf(documents);
        unreadable = List.copyOf(unreadable);
        refused = List.copyOf(refused);
        notes = List.copyOf(notes);
    }

    /// What to plan with when some backups are not to be used.
    ///
    /// @param ids whole ones
    public List<Backup> without(Set<String> ids) {
        return backups.stream()
                .map(backup -> ids.contains(backup.id()) ? backup.leftOut() : backup)
                .toList();
    }

    /// The backup with this id, or an id that begins so; empty when there is none, or more than one.
    public Optional<BackupDocument> document(String id) {
        List<BackupDocument> found = documents.stream()
                .filter(document -> document.backupId().startsWith(id))
                .toList();
        return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }
}
