package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSetType;
import dev.sluice.mtf.Filegroup;
import dev.sluice.mtf.Lsn;
import dev.sluice.simulator.database.DataSnapshot;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.database.LogBytes;
import dev.sluice.simulator.database.LogPosition;
import dev.sluice.simulator.database.LogRecord;
import dev.sluice.simulator.database.LogSnapshot;
import dev.sluice.simulator.generator.BackupRecipe;
import dev.sluice.simulator.generator.Extents;
import dev.sluice.simulator.generator.SyntheticPages;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.transfer.StripeSource;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/// Turns a snapshot of a synthetic database into the streams of a backup, and the header that tells about them.
final class SyntheticPlan {

    private static final int LARGEST_BLOCK = 32_768;
    private static final long UNLIMITED = 0x1FFF_FFFF_E000L;

    private final Instance instance;
    private final Session session;
    private final Database database;
    private final StatementOptions options;

    SyntheticPlan(Instance instance, Session session, Database database, StatementOptions options) {
        this.instance = instance;
        this.session = session;
        this.database = database;
        this.options = options;
    }

    BackupPlan data(DataSnapshot snapshot, BackupSetType type) {
        Extents extents = extents(snapshot.extents());
        boolean differential = type == BackupSetType.DIFFERENTIAL;
        BackupHeader header = header(
                type,
                extents,
                snapshot.first(),
                snapshot.last(),
                snapshot.checkpoint(),
                differential ? BackupHeader.FLAG_DIFFERENTIAL : 0,
                snapshot.facts());
        return plan(header, extents, snapshot.log(), snapshot.seed(), snapshot.versions(), false);
    }

    BackupPlan log(LogSnapshot snapshot) {
        Extents none = Extents.of(List.of());
        BackupHeader header = header(
                BackupSetType.LOG, none, snapshot.first(), snapshot.last(), snapshot.checkpoint(), 0, snapshot.facts());
        return plan(header, none, snapshot.log(), 0, Map.of(), snapshot.beginsChain());
    }

    private BackupPlan plan(
            BackupHeader header,
            Extents extents,
            List<LogRecord> log,
            long seed,
            Map<Long, Long> versions,
            boolean beginsChain) {
        if (options.blockSizeInBytes() > LARGEST_BLOCK) {
            throw new SqlFailure(Errors.ofTheStandIn(String.format(
                    Locale.ROOT,
                    "streams with a BLOCKSIZE above %d are not generated: none has been measured",
                    LARGEST_BLOCK)));
        }
        UUID set = UUID.randomUUID();
        UUID mediaSet = UUID.randomUUID();
        int stripes = options.devices().size();
        int turn = Math.max(1, options.maxTransferSizeInBytes() / (int) Extents.BYTES);
        List<Extents> dealt = new ArrayList<>();
        for (int i = 0; i < stripes; i++) {
            dealt.add(extents.dealt(i, stripes, turn));
        }
        BackupRecipe recipe = new BackupRecipe(
                header,
                mediaSet,
                set,
                options.text("NAME", ""),
                options.text("DESCRIPTION", ""),
                session.login().name(),
                instance.options().serverName(),
                options.blockSizeInBytes(),
                instance.options().filemarks() || options.has("COMPRESSION"), // a container cannot do without
                dealt,
                (file, page, memory, offset) ->
                        SyntheticPages.fill(seed, file, page, versions.getOrDefault(page, 0L), memory, offset),
                LogBytes.source(log));
        long size = 0;
        List<StripeSource> sources = new ArrayList<>();
        for (int i = 0; i < stripes; i++) {
            sources.add(options.has("COMPRESSION") ? BackupRun.compressed(recipe, i) : BackupRun.source(recipe, i));
            size += recipe.length(i);
        }
        return new BackupPlan(
                header.finished(null, size),
                set,
                mediaSet,
                (long) log.size() * LogBytes.RECORD,
                beginsChain,
                log.isEmpty() ? null : log.getLast().when(),
                sources);
    }

    private static Extents extents(BitSet wanted) {
        List<Extents.Range> ranges = new ArrayList<>();
        for (int from = wanted.nextSetBit(0); from >= 0; ) {
            int to = wanted.nextClearBit(from);
            ranges.add(new Extents.Range(1, from, (long) to - from));
            from = wanted.nextSetBit(to);
        }
        return Extents.of(ranges);
    }

    private BackupHeader header(
            BackupSetType type,
            Extents extents,
            long first,
            long last,
            long checkpoint,
            int moreFlags,
            DataSnapshot.Facts facts) {
        boolean differential = type == BackupSetType.DIFFERENTIAL;
        Product.Release release = instance.options().product().release();
        Lsn lastFull = LogPosition.lsn(facts.lastFull());
        Collation collation = database.collation();
        return new BackupHeader(
                database.name(),
                instance.options().serverName(),
                release.version(),
                type.letter(),
                BackupHeader.FLAG_ALWAYS | moreFlags | (options.has("CHECKSUM") ? BackupHeader.FLAG_CHECKSUMS : 0),
                LogPosition.lsn(first),
                LogPosition.lsn(last),
                LogPosition.lsn(checkpoint),
                lastFull,
                differential ? lastFull : Lsn.ZERO,
                LogPosition.lsn(facts.forkPoint()),
                facts.fork(),
                facts.previousFork(),
                facts.lastFullSet(),
                differential ? facts.lastFullSet() : null,
                facts.guid(),
                facts.family(),
                database.created(),
                instance.now(),
                instance.now(),
                0,
                facts.recoveryModel(),
                release.compatibilityLevel(),
                release.databaseVersion(),
                collation.localeId(),
                collation.comparisonStyle(),
                collation.sortId(),
                List.of(new Filegroup(1, "PRIMARY")),
                files(extents));
    }

    private List<BackupFile> files(Extents extents) {
        List<BackupFile> files = new ArrayList<>();
        for (DatabaseFile file : database.files()) {
            files.add(new BackupFile(
                    file.id(),
                    file.kind(),
                    file.logicalName(),
                    file.physicalName(),
                    file.isLog() ? 0 : 1,
                    file.bytes(database),
                    UNLIMITED,
                    file.isPrimary() ? extents.count() * Extents.PAGES : 0,
                    options.blockSizeInBytes(),
                    new UUID(database.facts().guid().getMostSignificantBits(), file.id()),
                    Lsn.ZERO,
                    null));
        }
        return files;
    }
}
