package dev.sluice.simulator.database;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedCollection;
import java.util.TreeMap;

/// The transactions that have begun and not ended, with what they have changed.
///
/// **Threading:** under the database's monitor.
final class Transactions {

    private final TreeMap<Long, List<LogRecord>> active = new TreeMap<>();
    private final Map<Long, Long> owners = new HashMap<>(); // of changed pages

    /// Follows the log, while it is written and while it is redone.
    void follow(LogRecord record) {
        switch (record.kind()) {
            case BEGIN -> active.put(record.transaction(), new ArrayList<>());
            case CHANGE -> {
                active.computeIfAbsent(record.transaction(), _ -> new ArrayList<>())
                        .add(record);
                owners.put(record.page(), record.transaction());
            }
            case COMPENSATION -> {
                List<LogRecord> changes = active.getOrDefault(record.transaction(), new ArrayList<>());
                if (!changes.isEmpty()) {
                    changes.removeLast();
                }
            }
            case COMMIT, ROLLBACK -> {
                active.remove(record.transaction());
                owners.values().removeIf(owner -> owner == record.transaction());
            }
            case CHECKPOINT, MARK -> {}
        }
    }

    boolean isActive(long transaction) {
        return active.containsKey(transaction);
    }

    /// Changes of a transaction that were not taken back, in order.
    List<LogRecord> changesOf(long transaction) {
        return List.copyOf(active.getOrDefault(transaction, List.of()));
    }

    SequencedCollection<Long> all() {
        return List.copyOf(active.keySet());
    }

    /// Whether another transaction has changed the page and is not over.
    boolean lockedAgainst(long transaction, long page) {
        Long owner = owners.get(page);
        return owner != null && owner != transaction;
    }

    /// The first record of the oldest, or `otherwise`.
    long oldest(long otherwise) {
        return active.isEmpty() ? otherwise : Math.min(otherwise, active.firstKey());
    }

    /// All changes that were not taken back, newest first: what undo has to do.
    List<LogRecord> undo() {
        List<LogRecord> changes = new ArrayList<>();
        active.values().forEach(changes::addAll);
        changes.sort((a, b) -> Long.compare(b.number(), a.number()));
        return changes;
    }

    void clear() {
        active.clear();
        owners.clear();
    }
}
