package dev.sluice.simulator.database;

import dev.sluice.simulator.database.DatabaseException.Reason;
import java.time.LocalDateTime;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Pages, and the log of their changes: nothing changes a page that is not in the log first.
///
/// **Threading:** under the database's monitor.
final class Journal {

    private static final long DEFAULT_CAPACITY = 4_000_000;
    private static final int PAGES_PER_EXTENT = 8;
    private static final int BITS_OF_FORK = 16;

    private final TransactionLog log = new TransactionLog(LogPosition.FIRST);
    private final Transactions transactions = new Transactions();
    private final BitSet changed = new BitSet(); // extents, since the last full backup
    private final BitSet changedMeanwhile = new BitSet(); // since the running full backup began
    private Content content;
    private long capacity = DEFAULT_CAPACITY;

    Journal(Content content) {
        this.content = content;
    }

    Content content() {
        return content;
    }

    TransactionLog log() {
        return log;
    }

    Transactions transactions() {
        return transactions;
    }

    /// Extents changed since the last full backup.
    BitSet changed() {
        return changed;
    }

    long capacity() {
        return capacity;
    }

    void capacity(long records) {
        capacity = records;
    }

    /// Takes other content, of which the log knows nothing.
    void replace(Content other, long firstRecord) {
        content = other;
        transactions.clear();
        changed.clear();
        log.restart(firstRecord, List.of());
    }

    /// The same pages, and more.
    void grow(Content.Synthetic larger) {
        content = larger;
    }

    // Transactions.

    long begin(LocalDateTime when) {
        long number = log.next();
        append(new LogRecord(number, number, LogRecord.Kind.BEGIN, 0, 0, 0, when));
        return number;
    }

    /// Changes a page, or the next one that no other transaction has changed.
    ///
    /// @param fork of the database: the same record number on another fork must give another content
    void change(long transaction, long page, long fork, LocalDateTime when) {
        if (!(content instanceof Content.Synthetic synthetic)) {
            throw new IllegalStateException("there are no pages that could change");
        }
        long pages = synthetic.extents() * PAGES_PER_EXTENT;
        long free = page % pages;
        while (transactions.lockedAgainst(transaction, free)) {
            free = (free + 1) % pages;
        }
        long before = synthetic.versions().getOrDefault(free, 0L);
        long after = log.next() << BITS_OF_FORK | (fork & ((1 << BITS_OF_FORK) - 1));
        append(new LogRecord(log.next(), transaction, LogRecord.Kind.CHANGE, free, before, after, when));
    }

    void commit(long transaction, LocalDateTime when) {
        append(new LogRecord(log.next(), transaction, LogRecord.Kind.COMMIT, 0, 0, 0, when));
    }

    /// Commits under a name, which stands right before the commit.
    ///
    /// @return the mark's record
    long commit(long transaction, LogRecord.Mark mark, LocalDateTime when) {
        long number = log.next();
        append(new LogRecord(number, transaction, LogRecord.Kind.MARK, 0, 0, 0, when, mark));
        force(new LogRecord(log.next(), transaction, LogRecord.Kind.COMMIT, 0, 0, 0, when));
        return number;
    }

    void rollBack(long transaction, LocalDateTime when) {
        for (LogRecord change : transactions.changesOf(transaction).reversed()) {
            force(compensation(change, when));
        }
        force(new LogRecord(log.next(), transaction, LogRecord.Kind.ROLLBACK, 0, 0, 0, when));
    }

    /// Takes back everything that was not committed.
    void undoAll(LocalDateTime when) {
        for (LogRecord change : transactions.undo()) {
            force(compensation(change, when));
        }
        for (long transaction : transactions.all()) {
            force(new LogRecord(log.next(), transaction, LogRecord.Kind.ROLLBACK, 0, 0, 0, when));
        }
    }

    void checkpoint(LocalDateTime when) {
        force(new LogRecord(log.next(), log.next(), LogRecord.Kind.CHECKPOINT, 0, 0, 0, when));
    }

    private LogRecord compensation(LogRecord change, LocalDateTime when) {
        long undone = change.after();
        long back = change.before();
        return new LogRecord(
                log.next(), change.transaction(), LogRecord.Kind.COMPENSATION, change.page(), undone, back, when);
    }

    private void append(LogRecord record) {
        if (log.size() >= capacity) {
            throw new DatabaseException(Reason.LOG_FULL);
        }
        force(record);
    }

    /// SQL Server reserves space for rolling back, so this never finds the log full.
    private void force(LogRecord record) {
        log.add(record);
        transactions.follow(record);
        apply(record);
    }

    private void apply(LogRecord record) {
        if (record.kind().changesPage() && content instanceof Content.Synthetic synthetic) {
            synthetic.versions().put(record.page(), record.after());
            int extent = Math.toIntExact(record.page() / PAGES_PER_EXTENT);
            changed.set(extent);
            changedMeanwhile.set(extent);
        }
    }

    // Backups and restores.

    /// A full backup begins: pages that change from now on are in the next differential, also when the backup
    /// fails.
    void fullBackupBegins() {
        changedMeanwhile.clear();
    }

    /// The full backup is the base of later differentials.
    void fullBackupIsBase() {
        changed.clear();
        changed.or(changedMeanwhile);
    }

    /// Lays the extents of a differential over what is there, and goes on with the log in it.
    void overlay(RestoredBackup backup) {
        if (!(content instanceof Content.Synthetic synthetic)) {
            throw new DatabaseException(Reason.OTHER_DIFFERENTIAL_BASE);
        }
        backup.extents().stream().forEach(extent -> {
            for (long i = 0; i < PAGES_PER_EXTENT; i++) {
                synthetic.versions().remove((long) extent * PAGES_PER_EXTENT + i);
            }
        });
        synthetic.versions().putAll(backup.versions());
        changed.or(backup.extents());
        transactions.clear();
        log.restart(backup.first(), List.of());
        redo(backup.log(), backup.last());
    }

    /// Makes the changes of the records before `end` again; the log then ends there.
    void redo(List<LogRecord> records, long end) {
        for (LogRecord record : records) {
            if (record.number() < end) {
                log.add(record);
                transactions.follow(record);
                apply(record);
            }
        }
        if (log.next() < end) {
            log.restart(end, List.of());
        }
    }

    /// Versions of changed pages.
    ///
    /// @param committedOnly without what is not committed
    Map<Long, Long> versions(boolean committedOnly) {
        if (!(content instanceof Content.Synthetic synthetic)) {
            return Map.of();
        }
        Map<Long, Long> versions = new HashMap<>(synthetic.versions());
        if (committedOnly) {
            transactions.undo().forEach(change -> versions.put(change.page(), change.before()));
        }
        versions.values().removeIf(version -> version == 0);
        return versions;
    }

    /// Goes on where a process before this one ended.
    void resume(long first, List<LogRecord> records, List<LogRecord> active, List<Integer> changedExtents) {
        log.restart(first, records);
        active.forEach(transactions::follow);
        changedExtents.forEach(changed::set);
    }
}
