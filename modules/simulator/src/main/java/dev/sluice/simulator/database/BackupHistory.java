package dev.sluice.simulator.database;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/// The backup tables of msdb.
///
/// **Threading:** any thread.
public final class BackupHistory {

    private final List<BackupRecord> backups = new ArrayList<>();
    private final List<RestoreRecord> restores = new ArrayList<>();
    private final List<MarkRecord> marks = new ArrayList<>();
    private int lastId;

    public synchronized int nextId() {
        lastId++;
        return lastId;
    }

    public synchronized void add(BackupRecord backup) {
        backups.add(backup);
        lastId = Math.max(lastId, backup.id());
    }

    public synchronized void add(RestoreRecord restore) {
        restores.add(restore);
        lastId = Math.max(lastId, restore.id());
    }

    public synchronized void add(MarkRecord mark) {
        marks.add(mark);
    }

    public synchronized List<MarkRecord> marks() {
        return List.copyOf(marks);
    }

    public synchronized List<BackupRecord> backups() {
        return List.copyOf(backups);
    }

    public synchronized List<RestoreRecord> restores() {
        return List.copyOf(restores);
    }

    public synchronized Optional<BackupRecord> bySet(UUID set) {
        return backups.stream().filter(backup -> backup.set().equals(set)).findFirst();
    }

    /// `sp_delete_database_backuphistory`.
    ///
    /// @param isIt whether that is the name of the database whose rows go
    public synchronized void purge(Predicate<String> isIt) {
        backups.removeIf(backup -> isIt.test(backup.header().database()));
        restores.removeIf(restore -> isIt.test(restore.database()));
    }
}
