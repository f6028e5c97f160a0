package dev.sluice.engine;

import dev.sluice.catalog.CatalogKey;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// What this process knows about backups because it was there, and what no other can find out. It is lost with
/// the process; then [Proof] is all there is.
///
/// **Threading:** any thread.
final class Knowledge {

    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private final Set<String> rejected = ConcurrentHashMap.newKeySet();
    private final Set<CatalogKey> complete = ConcurrentHashMap.newKeySet();

    void began(String backupId) {
        running.add(backupId);
    }

    void ended(String backupId) {
        running.remove(backupId);
    }

    /// Whether a run of this process is at work on it, also when it has lost the session with its lock.
    boolean isRunning(String backupId) {
        return running.contains(backupId);
    }

    /// It came to nothing, for certain, and could not be removed: the bucket or SQL Server did not answer.
    void rejected(String backupId) {
        rejected.add(backupId);
    }

    boolean isRejected(String backupId) {
        return rejected.contains(backupId);
    }

    void removed(String backupId) {
        rejected.remove(backupId);
    }

    /// The entry was read, and has msdb's word.
    void complete(CatalogKey entry) {
        complete.add(entry);
    }

    boolean isComplete(CatalogKey entry) {
        return complete.contains(entry);
    }

    /// Forgets entries that nobody will ask about any more.
    void retain(Collection<CatalogKey> entries) {
        complete.retainAll(Set.copyOf(entries));
    }
}
