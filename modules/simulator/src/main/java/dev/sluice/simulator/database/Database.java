package dev.sluice.simulator.database;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.RecoveryModel;
import dev.sluice.simulator.database.DatabaseException.Reason;
import dev.sluice.simulator.regional.Collation;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A database: pages with versions, a log of how they came about, and what is needed to back both up.
///
/// Every change is logged before it is made. The log can be truncated up to what recovery, a running data backup
/// and, in the full and bulk-logged models, the next log backup still need. A database that is being restored only
/// rolls forward; recovery takes back what was not committed and begins a recovery fork of its own.
///
/// **Threading:** guarded by its monitor.
public final class Database {

    /// As in `sys.databases.state_desc`.
    public enum State {
        ONLINE,
        RESTORING,
        /// Its data file is gone: it cannot be opened.
        SUSPECT
    }

    /// The first database that is not the system's.
    public static final int FIRST_USER_ID = 5;

    private static final long NONE = -1;

    /// In the version of a page that is damaged. No log has so many records that a version would have it by itself.
    private static final long DAMAGED = 1L << 62;

    private final int id;
    private volatile String name;
    private final LocalDateTime created;
    private final Journal journal;
    private State state;
    private boolean standby;
    private Access access = Access.fresh();
    private List<DatabaseFile> files;
    private UUID guid = UUID.randomUUID();
    private UUID family;
    private RecoveryPath path = RecoveryPath.begin();
    private RecoveryModel recoveryModel = RecoveryModel.FULL;
    private @Nullable Collation collation; // null until the server has taken it in
    private long lastLogBackup = NONE; // the record behind the last one that was backed up
    private boolean chainBegun;
    private long lastFull = NONE;
    private @Nullable UUID lastFullSet;
    private long heldByDataBackup = Long.MAX_VALUE;
    private boolean damaged;
    private @Nullable Membership membership;

    public Database(
            int id, String name, LocalDateTime created, State state, Content content, List<DatabaseFile> files) {
        this.id = id;
        this.name = name;
        this.created = created;
        this.state = state;
        this.damaged = state == State.SUSPECT;
        this.journal = new Journal(content);
        this.files = List.copyOf(files);
        this.family = content instanceof Content.Synthetic synthetic ? synthetic.family() : UUID.randomUUID();
    }

    // What it is.

    public int id() {
        return id;
    }

    public String name() {
        return name;
    }

    /// Only by way of [Databases#rename], which finds it by its name.
    void rename(String other) {
        name = other;
    }

    public boolean isSystem() {
        return id < FIRST_USER_ID;
    }

    public LocalDateTime created() {
        return created;
    }

    public synchronized List<DatabaseFile> files() {
        return files;
    }

    /// `ALTER DATABASE … ADD FILE`: a data file that stays empty.
    public synchronized void addFile(String logicalName, String physicalName) {
        int id = files.stream().mapToInt(DatabaseFile::id).max().orElse(0) + 1;
        List<DatabaseFile> more = new ArrayList<>(files);
        more.add(new DatabaseFile(id, BackupFile.Kind.DATA, logicalName, physicalName));
        files = List.copyOf(more);
    }

    /// A backup has been read that was taken of more files.
    public synchronized void restoreFiles(List<DatabaseFile> itsFiles) {
        files = List.copyOf(itsFiles);
    }

    public synchronized State state() {
        return state;
    }

    /// Readable between two steps of a restore.
    public synchronized Access access() {
        return access;
    }

    public synchronized void access(Access other) {
        access = other;
    }

    public synchronized boolean isStandby() {
        return standby;
    }

    public synchronized Content content() {
        return journal.content();
    }

    /// A copy that does not change any more.
    public synchronized Content contentNow() {
        return journal.content() instanceof Content.Synthetic synthetic
                ? new Content.Synthetic(synthetic.seed(), synthetic.extents(), synthetic.versions())
                : journal.content();
    }

    /// Its own, which its backups carry.
    public synchronized Collation collation() {
        return collation == null ? Collation.DEFAULT : collation;
    }

    /// `ALTER DATABASE … COLLATE`.
    public synchronized void collation(Collation other) {
        collation = other;
    }

    /// Takes the server's collation, unless it has one.
    synchronized void joins(Collation ofServer) {
        collation = collation == null ? ofServer : collation;
    }

    public synchronized RecoveryModel recoveryModel() {
        return recoveryModel;
    }

    public synchronized DataSnapshot.Facts facts() {
        return new DataSnapshot.Facts(
                guid, family, path.fork(), path.previous(), path.point(), recoveryModel, lastFull, lastFullSet);
    }

    /// The record behind the last one that a log backup has taken, if there is a chain.
    public synchronized Optional<Long> lastLogBackup() {
        return lastLogBackup == NONE ? Optional.empty() : Optional.of(lastLogBackup);
    }

    /// Versions of pages as a reader sees them: in standby without what was not committed.
    public synchronized Map<Long, Long> pageVersions() {
        return journal.versions(standby);
    }

    /// Damages a page in a way that no checksum shows, as software does that changes pages in memory: BACKUP and
    /// RESTORE carry it along, and DBCC CHECKDB finds it. The next change of the page cures it.
    public synchronized void damagePage(long page) {
        if (!(journal.content() instanceof Content.Synthetic synthetic) || page < 0 || page >= synthetic.pages()) {
            throw new IllegalArgumentException(String.format(Locale.ROOT, "database %s has no page %d", name, page));
        }
        synthetic.versions().merge(page, DAMAGED, (version, damage) -> version | damage);
    }

    /// The pages that DBCC CHECKDB finds, in order.
    public synchronized List<Long> damagedPages() {
        return journal.versions(standby).entrySet().stream()
                .filter(page -> (page.getValue() & DAMAGED) != 0)
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /// Makes the data file larger, unless a backup could already know it as it is.
    ///
    /// @return false where a full backup has been taken, and where there are no pages
    public synchronized boolean grow(long extents) {
        if (lastFull != NONE || !(journal.content() instanceof Content.Synthetic synthetic)) {
            return false;
        }
        journal.grow(
                new Content.Synthetic(synthetic.seed(), Math.max(extents, synthetic.extents()), synthetic.versions()));
        return true;
    }

    /// Bytes of the data file.
    public synchronized long dataBytes() {
        return journal.content().bytes();
    }

    /// Extents changed since the last full backup.
    public synchronized int changedExtents() {
        return journal.changed().cardinality();
    }

    // The log.

    public synchronized LogUsage logUsage() {
        TransactionLog log = journal.log();
        return new LogUsage(
                log.size(),
                lastLogBackup == NONE ? log.size() : log.next() - lastLogBackup,
                journal.capacity(),
                log.first(),
                log.next(),
                logReuseWait());
    }

    /// How many records the log file has room for.
    public synchronized void logCapacity(long records) {
        journal.capacity(records);
    }

    private String logReuseWait() {
        if (heldByDataBackup <= journal.log().first()) {
            return "ACTIVE_BACKUP_OR_RESTORE";
        }
        if (journal.transactions().oldest(Long.MAX_VALUE) <= journal.log().first()) {
            return "ACTIVE_TRANSACTION";
        }
        return truncatesItself() || journal.log().size() == 0 ? "NOTHING" : "LOG_BACKUP";
    }

    private boolean truncatesItself() {
        return recoveryModel == RecoveryModel.SIMPLE || lastLogBackup == NONE;
    }

    /// Takes the model; the simple one ends the log chain.
    public synchronized void recoveryModel(RecoveryModel model) {
        recoveryModel = model;
        if (model == RecoveryModel.SIMPLE) {
            lastLogBackup = NONE;
            chainBegun = false;
        }
        truncate();
    }

    private void truncate() {
        long limit = Math.min(
                heldByDataBackup, journal.transactions().oldest(journal.log().next()));
        journal.log().truncate(truncatesItself() ? limit : Math.min(limit, lastLogBackup));
    }

    // Transactions.

    /// Begins a transaction.
    ///
    /// @return its number
    public synchronized long begin(LocalDateTime when) {
        return journal.begin(when);
    }

    /// Changes a page, or the next one that no other transaction has changed.
    public synchronized void change(long transaction, long page, LocalDateTime when) {
        journal.change(transaction, page, path.fork().getLeastSignificantBits(), when);
    }

    public synchronized void commit(long transaction, LocalDateTime when) {
        journal.commit(transaction, when);
        truncateItself();
    }

    /// Commits a transaction under a name that STOPATMARK and STOPBEFOREMARK find.
    ///
    /// @return the mark's record
    public synchronized long commit(long transaction, LogRecord.Mark mark, LocalDateTime when) {
        long record = journal.commit(transaction, mark, when);
        truncateItself();
        return record;
    }

    /// Whether the transaction has begun and not ended; a restart of the server ends all.
    public synchronized boolean isActive(long transaction) {
        return journal.transactions().isActive(transaction);
    }

    public synchronized void rollBack(long transaction, LocalDateTime when) {
        journal.rollBack(transaction, when);
        truncateItself();
    }

    /// The simple model truncates at every checkpoint.
    private void truncateItself() {
        if (truncatesItself()) {
            truncate();
        }
    }

    // Backups.

    /// A data backup begins; the log is held until [#endDataBackup].
    public synchronized DataSnapshot beginDataBackup(boolean differential, LocalDateTime when) {
        if (!(journal.content() instanceof Content.Synthetic synthetic)) {
            throw new IllegalStateException("database %s has no pages".formatted(name));
        }
        if (differential && lastFull == NONE) {
            throw new DatabaseException(Reason.NO_DIFFERENTIAL_BASE);
        }
        long checkpoint = journal.log().next();
        long first = Math.max(journal.log().first(), journal.transactions().oldest(checkpoint));
        journal.checkpoint(when);
        heldByDataBackup = first;
        journal.fullBackupBegins();
        BitSet extents = new BitSet();
        if (differential) {
            extents.or(journal.changed());
        } else {
            extents.set(0, Math.toIntExact(synthetic.extents()));
        }
        return new DataSnapshot(
                synthetic.seed(),
                first,
                checkpoint,
                journal.log().next(),
                synthetic.extents(),
                Map.copyOf(synthetic.versions()),
                extents,
                journal.log().range(first, journal.log().next()),
                facts());
    }

    /// The data backup was a success.
    ///
    /// @param base whether later differentials are based on it
    /// @param startsChain whether log backups may follow, where there was no chain; a copy-only backup starts none
    public synchronized void dataBackedUp(long first, long checkpoint, UUID set, boolean base, boolean startsChain) {
        if (base) {
            lastFull = checkpoint;
            lastFullSet = set;
            journal.fullBackupIsBase();
        }
        if (startsChain && lastLogBackup == NONE && recoveryModel != RecoveryModel.SIMPLE) {
            lastLogBackup = first;
        }
    }

    /// The data backup has ended, one way or the other.
    public synchronized void endDataBackup() {
        heldByDataBackup = Long.MAX_VALUE;
        truncateItself();
    }

    /// A log backup begins. Nothing is truncated until [#logBackedUp].
    public synchronized LogSnapshot beginLogBackup() {
        if (recoveryModel == RecoveryModel.SIMPLE) {
            throw new DatabaseException(Reason.SIMPLE_HAS_NO_LOG_BACKUPS);
        }
        if (lastLogBackup == NONE) {
            throw new DatabaseException(Reason.NO_CURRENT_BACKUP);
        }
        long last = journal.log().next();
        return new LogSnapshot(
                lastLogBackup,
                last,
                journal.log().range(lastLogBackup, last),
                Math.max(lastFull, 0),
                !chainBegun,
                facts());
    }

    /// The log backup was a success; what it contains may go.
    public synchronized void logBackedUp(LogSnapshot snapshot) {
        if (recoveryModel == RecoveryModel.SIMPLE) {
            return; // the chain was ended while the backup ran
        }
        lastLogBackup = snapshot.last();
        chainBegun = true;
        truncate();
    }

    /// Whether the data file is gone, so that only the tail of the log can be saved.
    public synchronized boolean isDamaged() {
        return damaged;
    }

    public synchronized void damage() {
        damaged = true;
        state = State.SUSPECT;
    }

    /// Null outside of any availability group.
    public synchronized @Nullable Membership membership() {
        return membership;
    }

    /// @param place null to leave the group
    public synchronized void join(@Nullable Membership place) {
        membership = place;
    }

    // Restores.

    /// The database waits for a restore: its tail has been backed up WITH NORECOVERY, or a full backup is laid
    /// down.
    public synchronized void toRestoring() {
        state = State.RESTORING;
        standby = false;
    }

    /// Raw bytes have been laid down; nothing is known of their log.
    public synchronized void restoreRaw(Content raw, UUID itsFamily, List<DatabaseFile> itsFiles, RecoveryModel model) {
        journal.replace(raw, LogPosition.FIRST);
        family = itsFamily;
        files = List.copyOf(itsFiles);
        recoveryModel = model;
        guid = UUID.randomUUID();
        lastLogBackup = NONE;
        lastFull = NONE;
        lastFullSet = null;
    }

    /// A full backup has been read.
    public synchronized void restoreFull(RestoredBackup backup, List<DatabaseFile> itsFiles) {
        journal.replace(new Content.Synthetic(backup.seed(), backup.allocated(), backup.versions()), backup.first());
        family = Content.familyOf(backup.seed());
        files = List.copyOf(itsFiles);
        recoveryModel = backup.header().recoveryModel();
        backup.collation().ifPresent(its -> collation = its);
        damaged = false;
        guid = UUID.randomUUID();
        lastFull = LogPosition.record(backup.header().checkpointLsn());
        lastFullSet = backup.set();
        lastLogBackup = NONE;
        chainBegun = false;
        path = path.adopt(backup);
        journal.redo(backup.log(), backup.last());
    }

    /// A differential backup has been read.
    public synchronized void restoreDifferential(RestoredBackup backup) {
        requireRollingForward();
        if (lastFullSet == null || !lastFullSet.equals(backup.header().differentialBaseGuid())) {
            throw new DatabaseException(Reason.OTHER_DIFFERENTIAL_BASE);
        }
        if (backup.last() < journal.log().next()) {
            throw new DatabaseException(
                    Reason.LOG_TOO_EARLY, backup.last(), journal.log().next());
        }
        standby = false;
        state = State.RESTORING;
        journal.overlay(backup);
        path = path.adopt(backup);
    }

    /// A log backup has been read.
    ///
    /// @return whether the stop point was reached
    public synchronized boolean restoreLog(RestoredBackup backup, StopPoint stop) {
        requireRollingForward();
        long here = journal.log().next();
        if (backup.first() > here) {
            throw new DatabaseException(Reason.LOG_TOO_RECENT, backup.first(), here);
        }
        if (backup.last() <= here && backup.first() < here) {
            throw new DatabaseException(Reason.LOG_TOO_EARLY, backup.last(), here);
        }
        path.requireFollows(backup, here);
        List<LogRecord> ahead =
                backup.log().stream().filter(record -> record.number() >= here).toList();
        long end = stop.end(ahead, backup.last());
        if (stop.isBeforeAllOf(backup.log())
                || end < here
                || (end == here && !ahead.isEmpty() && stop instanceof StopPoint.Before)) {
            throw new DatabaseException(Reason.STOP_POINT_TOO_EARLY);
        }
        standby = false;
        state = State.RESTORING;
        journal.redo(ahead, end);
        boolean reached = stop.reachedBy(ahead, backup.last());
        boolean crossed = backup.forkPoint() < 0 || end > backup.forkPoint() || !reached;
        if (crossed) {
            path = path.adopt(backup);
        }
        return reached;
    }

    private void requireRollingForward() {
        if (state != State.RESTORING && !standby) {
            throw new DatabaseException(Reason.NOT_ROLLING_FORWARD);
        }
    }

    /// Makes the database readable without ending the restore.
    public synchronized void openStandby() {
        state = State.ONLINE;
        standby = true;
    }

    /// Takes back what was not committed and opens the database, on a recovery fork of its own.
    public synchronized void recover(LocalDateTime when) {
        long point = journal.log().next();
        journal.log().restart(point, List.of());
        path = path.branch(point);
        lastLogBackup = recoveryModel == RecoveryModel.SIMPLE || lastFull == NONE ? NONE : point;
        chainBegun = false;
        state = damaged ? State.SUSPECT : State.ONLINE;
        standby = false;
        // RESTORE opens a database for all, and switches message delivery off, unless it is told otherwise.
        access = access.restricted(false).broker(false);
        journal.undoAll(when);
        truncateItself();
    }

    /// The server starts: what was not committed when it ended is taken back. Nothing else changes.
    public synchronized void restartServer(LocalDateTime when) {
        heldByDataBackup = Long.MAX_VALUE;
        if (state == State.ONLINE && !standby) {
            journal.undoAll(when);
            truncateItself();
        }
    }

    // What survives the process.

    public synchronized DatabaseState saved() {
        List<LogRecord> undo = journal.transactions().undo().reversed();
        return new DatabaseState(
                guid,
                family,
                path.fork(),
                path.previous(),
                path.point(),
                recoveryModel,
                standby,
                chainBegun,
                lastLogBackup,
                lastFull,
                lastFullSet,
                journal.capacity(),
                journal.log().first(),
                journal.log().range(journal.log().first(), journal.log().next()),
                undo,
                journal.changed().stream().boxed().toList(),
                collation().text(),
                access);
    }

    /// Goes on where a process before this one ended.
    public synchronized void resume(DatabaseState saved) {
        guid = saved.guid();
        family = saved.family();
        path = new RecoveryPath(saved.fork(), saved.previousFork(), saved.forkPoint());
        recoveryModel = saved.recoveryModel();
        standby = saved.standby();
        chainBegun = saved.chainBegun();
        lastLogBackup = saved.lastLogBackup();
        lastFull = saved.lastFull();
        collation = saved.collation() == null
                ? null
                : Collation.named(saved.collation()).orElse(null);
        lastFullSet = saved.lastFullSet();
        access = saved.access() == null ? Access.fresh() : saved.access();
        journal.capacity(saved.logCapacity());
        journal.resume(saved.firstRecord(), saved.log(), saved.active(), saved.changed());
    }
}
