package dev.sluice.simulator.database;

import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.time.LocalDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A database.
///
/// **Threading:** guarded by its monitor.
public final class Database {

    /// As in `sys.databases.state_desc`.
    public enum State {
        ONLINE,
        RESTORING
    }

    /// The first database that is not the system's.
    public static final int FIRST_USER_ID = 5;

    private static final int BLOCKS_PER_VLF = 100_000;
    private static final int FIRST_VLF = 32;

    private final int id;
    private final String name;
    private final LocalDateTime created;
    private UUID guid;
    private UUID family;
    private UUID fork;
    private RecoveryModel recoveryModel = RecoveryModel.FULL;
    private State state;
    private Content content;
    private List<DatabaseFile> files;
    private long lsn = 1_000;
    private long lastLogBackup = -1;
    private long lastFull = -1;
    private @Nullable UUID lastFullSet;

    public Database(
            int id, String name, LocalDateTime created, State state, Content content, List<DatabaseFile> files) {
        this.files = List.copyOf(files);
        this.id = id;
        this.name = name;
        this.created = created;
        this.state = state;
        this.content = content;
        this.guid = UUID.randomUUID();
        this.fork = UUID.randomUUID();
        this.family = content instanceof Content.Synthetic synthetic ? synthetic.family() : UUID.randomUUID();
    }

    public int id() {
        return id;
    }

    public String name() {
        return name;
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

    public synchronized UUID guid() {
        return guid;
    }

    public synchronized UUID family() {
        return family;
    }

    public synchronized UUID fork() {
        return fork;
    }

    public synchronized RecoveryModel recoveryModel() {
        return recoveryModel;
    }

    public synchronized void recoveryModel(RecoveryModel model) {
        recoveryModel = model;
    }

    public synchronized State state() {
        return state;
    }

    public synchronized Content content() {
        return content;
    }

    /// A restore begins to lay data down.
    public synchronized void restoring() {
        state = State.RESTORING;
    }

    /// A restore has laid data down.
    public synchronized void restored(Content restored, UUID ofFamily, List<DatabaseFile> itsFiles, State next) {
        files = List.copyOf(itsFiles);
        content = restored;
        family = ofFamily;
        state = next;
        guid = UUID.randomUUID();
    }

    public synchronized void online() {
        state = State.ONLINE;
    }

    /// The next log record's number; time passes in the log.
    public synchronized long advance(long records) {
        lsn += records;
        return lsn;
    }

    public synchronized long lastLogBackup() {
        return lastLogBackup;
    }

    public synchronized void logBackedUp(long upTo) {
        lastLogBackup = upTo;
    }

    public synchronized long lastFull() {
        return lastFull;
    }

    public synchronized @Nullable UUID lastFullSet() {
        return lastFullSet;
    }

    public synchronized void fullBackedUp(long checkpoint, UUID set) {
        lastFull = checkpoint;
        lastFullSet = set;
        if (lastLogBackup < 0) {
            lastLogBackup = checkpoint;
        }
    }

    /// Where the log stands.
    public record Snapshot(
            long lsn,
            long lastLogBackup,
            long lastFull,
            @Nullable UUID lastFullSet) {}

    public synchronized Snapshot snapshot() {
        return new Snapshot(lsn, lastLogBackup, lastFull, lastFullSet);
    }

    /// Goes on where a process before this one ended.
    public synchronized void resume(
            Snapshot snapshot, UUID itsGuid, UUID itsFamily, UUID itsFork, RecoveryModel itsRecoveryModel) {
        lsn = snapshot.lsn;
        lastLogBackup = snapshot.lastLogBackup;
        lastFull = snapshot.lastFull;
        lastFullSet = snapshot.lastFullSet;
        guid = itsGuid;
        family = itsFamily;
        fork = itsFork;
        recoveryModel = itsRecoveryModel;
    }

    /// The LSN of a log record by its number.
    public static Lsn lsn(long record) {
        return record < 0 ? Lsn.ZERO : new Lsn(FIRST_VLF + record / BLOCKS_PER_VLF, 16 + record % BLOCKS_PER_VLF, 1);
    }

    /// Bytes of the data file.
    public synchronized long dataBytes() {
        return switch (content) {
            case Content.Synthetic synthetic -> synthetic.extents() * 65_536;
            case Content.Raw raw ->
                raw.stripes().stream().mapToLong(Content.Stripe::size).sum()
                        + raw.files().stream().mapToLong(RawFiles::size).sum();
            case Content.Empty _ -> 0;
        };
    }
}
