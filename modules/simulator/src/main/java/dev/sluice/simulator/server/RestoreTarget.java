package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSetType;
import dev.sluice.mtf.RecoveryModel;
import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.simulator.tsql.Statement.Restore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The database that a RESTORE goes into: whether it may, where its files go, and that no other statement uses it.
///
/// **Threading:** planned on a device's thread, then used by the session's.
final class RestoreTarget {

    private static final int TEMPDB = 2;

    private static final String OPERATION = "data backup"; // a restore and a backup exclude each other

    private final Instance instance;
    private final String name;
    private final StatementOptions options;
    private final Restore.Kind kind;
    private volatile @Nullable Database database;
    private volatile List<DatabaseFile> files = List.of();
    private volatile long expectedBytes;
    private volatile boolean playback;

    RestoreTarget(Instance instance, String name, StatementOptions options, Restore.Kind kind) {
        Errors.requireSysname(name);
        this.instance = instance;
        this.name = name;
        this.options = options;
        this.kind = kind;
    }

    /// Checks everything that SQL Server checks before it writes, and claims the database.
    void plan(BackupHeader header) {
        boolean full = header.typeLetter() == BackupSetType.DATABASE.letter();
        if (header.databaseVersion() > instance.options().product().release().databaseVersion()) {
            throw RestoreErrors.newer(header, instance.options().product());
        }
        Database existing = instance.databases().find(name).orElse(null);
        boolean log = header.typeLetter() == BackupSetType.LOG.letter();
        if (log != (kind == Restore.Kind.LOG)) {
            throw log
                    ? SqlFailure.error(3118, "The backup set is a log backup; use RESTORE LOG.")
                    : SqlFailure.error(
                            3135,
                            "The backup set in file 1 was created by BACKUP DATABASE and cannot be used for this restore operation.");
        }
        if (existing == null && !full) {
            throw RestoreErrors.cannotCreateFromThis(name);
        }
        if (existing != null) {
            requireReplaceable(existing, header, full);
        }
        List<DatabaseFile> placed = full || existing == null ? place(filesOf(header)) : withAdded(existing, header);
        requirePlaces(placed, existing);
        if (full) {
            requireSpace(header, existing);
        }
        Database claimed = existing != null
                ? existing
                : instance.databases()
                        .create(name, instance.now(), Database.State.RESTORING, new Content.Empty(), placed);
        instance.begin(OPERATION, claimed);
        database = claimed;
        files = placed;
        expectedBytes = header.size();
        if (full) {
            claimed.toRestoring();
        }
    }

    /// As [#plan], for bytes that are no MTF stream.
    void planUnknown() {
        planBytes(DatabaseFile.defaults(name));
    }

    /// As [#plan], for a real log or differential that a raw database has sent as if it were full.
    void planPlayback(BackupHeader header) {
        playback = true;
        planBytes(filesOf(header));
    }

    boolean isPlayback() {
        return playback;
    }

    private void planBytes(List<DatabaseFile> original) {
        Database existing = instance.databases().find(name).orElse(null);
        if (existing != null && !options.has("REPLACE")) {
            throw RestoreErrors.otherDatabase(name);
        }
        List<DatabaseFile> placed = place(original);
        requirePlaces(placed, existing);
        Database claimed = existing != null
                ? existing
                : instance.databases()
                        .create(name, instance.now(), Database.State.RESTORING, new Content.Empty(), placed);
        instance.begin(OPERATION, claimed);
        database = claimed;
        files = placed;
        claimed.toRestoring();
    }

    private void requireReplaceable(Database existing, BackupHeader header, boolean full) {
        if (!full) {
            if (existing.state() != Database.State.RESTORING && !existing.isStandby()) {
                throw RestoreErrors.notReady();
            }
            if (!existing.facts().family().equals(header.familyGuid())) {
                throw RestoreErrors.otherDatabase(existing.name());
            }
            return;
        }
        boolean used =
                instance.sessions().stream().anyMatch(other -> other.database().equals(existing.name()));
        // model and msdb are restored like others, from backups of their own. What SQL Server says to those of
        // another database no document tells, so they are refused.
        boolean foreign = existing.isSystem() && !header.database().equals(existing.name());
        if (existing.id() <= TEMPDB || foreign || used) {
            throw RestoreErrors.inUse();
        }
        if (options.has("REPLACE")) {
            return;
        }
        UUID family = header.familyGuid();
        boolean empty = existing.content() instanceof Content.Empty;
        if (!empty && !existing.facts().family().equals(family)) {
            throw RestoreErrors.otherDatabase(existing.name());
        }
        if (protectsLog(existing) && !options.has("STOPAT")) {
            throw RestoreErrors.tailNotBackedUp(existing.name());
        }
    }

    /// Whether the log holds what no backup has.
    private static boolean protectsLog(Database existing) {
        return existing.recoveryModel() != RecoveryModel.SIMPLE
                && existing.state() != Database.State.RESTORING
                && !existing.isStandby();
    }

    private static List<DatabaseFile> filesOf(BackupHeader header) {
        return header.files().stream()
                .map(file -> new DatabaseFile(file.id(), file.kind(), file.logicalName(), file.physicalName()))
                .toList();
    }

    /// A log or a differential brings the files that were added before it was taken, wherever it is stopped.
    /// MOVE is for those alone.
    private List<DatabaseFile> withAdded(Database existing, BackupHeader header) {
        List<DatabaseFile> all = new ArrayList<>(existing.files());
        all.addAll(place(filesOf(header).stream()
                .filter(file -> all.stream().noneMatch(known -> known.id() == file.id()))
                .toList()));
        return all;
    }

    private List<DatabaseFile> place(List<DatabaseFile> original) {
        Map<String, String> moves = new LinkedHashMap<>(options.moves());
        List<DatabaseFile> placed = new ArrayList<>();
        Collation names = instance.options().collation();
        for (DatabaseFile file : original) {
            String path = moves.entrySet().stream()
                    .filter(move -> names.equal(move.getKey(), file.logicalName()))
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElse(file.physicalName());
            placed.add(new DatabaseFile(file.id(), file.kind(), file.logicalName(), path));
        }
        Set<String> known =
                original.stream().map(file -> names.key(file.logicalName())).collect(Collectors.toSet());
        for (String logicalName : moves.keySet()) {
            if (!known.contains(names.key(logicalName))) {
                throw SqlFailure.error(
                        3234,
                        "Logical file '%s' is not part of database '%s'. Use RESTORE FILELISTONLY to list the logical file names."
                                .formatted(logicalName, name));
            }
        }
        return placed;
    }

    /// 1834, 3156: no file may be where another database has one.
    private void requirePlaces(List<DatabaseFile> placed, @Nullable Database existing) {
        List<SqlMessage> problems = new ArrayList<>();
        for (Database other : instance.databases().all()) {
            for (DatabaseFile theirs : other.files()) {
                for (DatabaseFile ours : placed) {
                    if (other != existing && theirs.physicalName().equalsIgnoreCase(ours.physicalName())) {
                        problems.add(SqlMessage.error(
                                1834,
                                "The file '%s' cannot be overwritten.  It is being used by database '%s'."
                                        .formatted(ours.physicalName(), other.name())));
                        problems.add(SqlMessage.error(
                                3156,
                                "File '%s' cannot be restored to '%s'. Use WITH MOVE to identify a valid location for the file."
                                        .formatted(ours.logicalName(), ours.physicalName())));
                    }
                }
            }
        }
        if (!problems.isEmpty()) {
            problems.add(
                    SqlMessage.error(
                            3119,
                            "Problems were identified while planning for the RESTORE statement. Previous messages provide details."));
            throw new SqlFailure(problems);
        }
    }

    /// 3257: a full backup lays down its data files in the size that they had.
    private void requireSpace(BackupHeader header, @Nullable Database existing) {
        long needed = header.files().stream()
                .filter(file -> file.kind() != BackupFile.Kind.LOG)
                .mapToLong(BackupFile::size)
                .sum();
        long free = instance.volume().available(existing == null ? List.of() : List.of(existing));
        if (needed > free) {
            throw RestoreErrors.noSpace(needed, free);
        }
    }

    Database database() {
        Database claimed = database;
        if (claimed == null) {
            throw new IllegalStateException("nothing was planned for " + name);
        }
        return claimed;
    }

    List<DatabaseFile> files() {
        return files;
    }

    long expectedBytes() {
        return expectedBytes;
    }

    void end() {
        Database claimed = database;
        if (claimed != null) {
            instance.end(OPERATION, claimed);
        }
    }
}
