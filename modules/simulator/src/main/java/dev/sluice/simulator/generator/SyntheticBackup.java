package dev.sluice.simulator.generator;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSetType;
import dev.sluice.mtf.Filegroup;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import dev.sluice.mtf.ServerVersion;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/// Makes recipes out of a few numbers; everything else follows from the seed.
///
/// Full, differential and log backups of the same database and seed fit together: the latter name the former as
/// their base.
public final class SyntheticBackup {
    private static final LocalDateTime STARTED = LocalDateTime.of(2026, 1, 1, 1, 0, 0);
    private static final int TURN = 16; // extents of 64 KiB: stripes take turns of 1 MiB
    private static final long UNLIMITED = 0x1FFF_FFFF_E000L;

    private final String database;
    private final long seed;
    private BackupSetType type = BackupSetType.DATABASE;
    private Extents extents = Extents.of(1, 16);
    private long logBytes = 10_000;
    private int stripes = 1;
    private int blockSize = 4096;
    private boolean checksums = true;
    private boolean filemarks = true;
    private LocalDateTime started = STARTED;

    public SyntheticBackup(String database, long seed) {
        this.database = database;
        this.seed = seed;
    }

    public SyntheticBackup type(BackupSetType kind) {
        type = kind;
        return this;
    }

    /// Which extents to back up; a log backup ignores them.
    public SyntheticBackup extents(Extents these) {
        extents = these;
        return this;
    }

    public SyntheticBackup logBytes(long bytes) {
        logBytes = bytes;
        return this;
    }

    public SyntheticBackup stripes(int count) {
        stripes = count;
        return this;
    }

    public SyntheticBackup blockSize(int bytes) {
        blockSize = bytes;
        return this;
    }

    public SyntheticBackup checksums(boolean with) {
        checksums = with;
        return this;
    }

    public SyntheticBackup filemarks(boolean with) {
        filemarks = with;
        return this;
    }

    public SyntheticBackup started(LocalDateTime when) {
        started = when;
        return this;
    }

    /// The recipe, with [SyntheticPages] of version 0 and a [SyntheticLog], both of the same seed.
    public BackupRecipe recipe() {
        Extents all = type == BackupSetType.LOG ? Extents.of(List.of()) : extents;
        List<Extents> dealt = new ArrayList<>();
        for (int i = 0; i < stripes; i++) {
            dealt.add(all.dealt(i, stripes, TURN));
        }
        return new BackupRecipe(
                header(all),
                guid(1, type),
                guid(2, type),
                database + " " + type,
                "",
                "SLUICE\\simulator",
                "SLUICE",
                blockSize,
                filemarks,
                dealt,
                new SyntheticPages(seed, 0),
                new SyntheticLog(seed, 2, 0, logBytes));
    }

    private BackupHeader header(Extents all) {
        boolean differential = type == BackupSetType.DIFFERENTIAL;
        boolean full = type == BackupSetType.DATABASE;
        Lsn base = new Lsn(39, 100 + Math.floorMod(seed, 1_000), 71);
        Lsn first = full ? base : new Lsn(base.vlf() + 1, base.block(), 1);
        Lsn last = new Lsn(first.vlf(), first.block() + logBytes / 512 + 1, 1);
        int flags = BackupHeader.FLAG_ALWAYS
                | (checksums ? BackupHeader.FLAG_CHECKSUMS : 0)
                | (differential ? BackupHeader.FLAG_DIFFERENTIAL : 0);
        return new BackupHeader(
                database,
                "SLUICE",
                new ServerVersion(16, 0, 4100),
                type.letter(),
                flags,
                first,
                last,
                first,
                full ? Lsn.ZERO : base,
                differential ? base : Lsn.ZERO,
                Lsn.ZERO,
                guid(5, BackupSetType.DATABASE),
                null,
                full ? null : guid(2, BackupSetType.DATABASE),
                differential ? guid(2, BackupSetType.DATABASE) : null,
                guid(3, BackupSetType.DATABASE),
                guid(4, BackupSetType.DATABASE),
                started.minusYears(1),
                started,
                started.plusSeconds(1),
                0,
                RecoveryModel.FULL,
                160,
                957,
                1033,
                196_609,
                52,
                List.of(new Filegroup(1, "PRIMARY")),
                files(all));
    }

    private List<BackupFile> files(Extents all) {
        List<BackupFile> files = new ArrayList<>();
        for (Extents.Range range : all.ranges()) {
            long pages = range.count() * Extents.PAGES;
            long end = (range.first() + range.count()) * Extents.BYTES;
            int last = files.size() - 1;
            if (last >= 0 && files.get(last).id() == range.fileId()) {
                pages += files.remove(last).backedUpPages();
            }
            files.add(file(range.fileId(), BackupFile.Kind.DATA, end, pages));
        }
        files.add(file(2, BackupFile.Kind.LOG, Math.max(logBytes, 1 << 20), 0));
        return files;
    }

    private BackupFile file(int id, BackupFile.Kind kind, long size, long pages) {
        boolean log = kind == BackupFile.Kind.LOG;
        return new BackupFile(
                id,
                kind,
                log ? database + "_log" : database + "_" + id,
                String.format(Locale.ROOT, "C:\\data\\%s_%d.%s", database, id, log ? "ldf" : "mdf"),
                log ? 0 : 1,
                size,
                UNLIMITED,
                pages,
                blockSize,
                guid(100L + id, BackupSetType.DATABASE),
                Lsn.ZERO,
                null);
    }

    private UUID guid(long which, BackupSetType kind) {
        long key = Mixing.key(seed ^ database.hashCode(), which);
        return new UUID(Mixing.key(key, 2L * kind.letter()), Mixing.key(key, 2L * kind.letter() + 1));
    }
}
