package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupType;
import dev.sluice.mtf.Filegroup;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.generate.BackupRecipe;
import dev.sluice.mtf.generate.Extents;
import dev.sluice.mtf.generate.LogSource;
import dev.sluice.mtf.generate.SyntheticLog;
import dev.sluice.mtf.generate.SyntheticPages;
import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.transfer.StripeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;

/// Plans the backup of a synthetic database: which extents, which stretch of log, and the header that tells.
final class SyntheticPlan {

    private static final int LOCALE = 1033;
    private static final int COMPARISON_STYLE = 196_609;
    private static final int SORT_ORDER = 52;
    private static final int LARGEST_BLOCK = 32_768;
    private static final long UNLIMITED = 0x1FFF_FFFF_E000L;
    private static final long LOG_FILE_BYTES = 8L << 20;
    private static final long RECORD = 512;

    private final Instance instance;
    private final Session session;
    private final Database database;
    private final Content.Synthetic content;
    private final BackupType type;
    private final StatementOptions options;

    SyntheticPlan(
            Instance instance,
            Session session,
            Database database,
            Content.Synthetic content,
            BackupType type,
            StatementOptions options) {
        this.instance = instance;
        this.session = session;
        this.database = database;
        this.content = content;
        this.type = type;
        this.options = options;
    }

    BackupPlan plan() {
        if (options.blockSizeInBytes() > LARGEST_BLOCK) {
            throw new dev.sluice.simulator.tsql.SqlFailure(Errors.ofTheStandIn(
                    "streams with a BLOCKSIZE above %d are not generated, because nobody has seen one"
                            .formatted(LARGEST_BLOCK)));
        }
        long checkpoint = database.advance(1);
        long first = type == BackupType.LOG ? database.lastLogBackup() : checkpoint;
        long last = database.advance(3);
        Extents extents = extents();
        BackupHeader header = header(extents, first, last, checkpoint);
        UUID set = UUID.randomUUID();
        UUID mediaSet = UUID.randomUUID();
        int stripes = options.devices().size();
        int turn = options.maxTransferSizeInBytes() / (int) Extents.BYTES;
        List<Extents> dealt = new ArrayList<>();
        for (int i = 0; i < stripes; i++) {
            dealt.add(extents.dealt(i, stripes, Math.max(1, turn)));
        }
        LogSource log = first == last
                ? LogSource.empty()
                : new SyntheticLog(content.seed(), 2, first * RECORD, (last - first) * RECORD);
        Map<Long, Long> versions = Map.copyOf(content.versions());
        BackupRecipe recipe = new BackupRecipe(
                header,
                mediaSet,
                set,
                options.text("NAME", ""),
                options.text("DESCRIPTION", ""),
                session.login().name(),
                instance.options().serverName(),
                options.blockSizeInBytes(),
                instance.options().filemarks(),
                dealt,
                (file, page, memory, offset) -> SyntheticPages.fill(
                        content.seed(), file, page, versions.getOrDefault(page, 0L), memory, offset),
                log);
        long size = 0;
        List<StripeSource> sources = new ArrayList<>();
        for (int i = 0; i < stripes; i++) {
            sources.add(BackupRun.source(recipe, i));
            size += recipe.length(i);
        }
        return new BackupPlan(
                header.finished(null, size), set, mediaSet, checkpoint, last, (last - first) * RECORD, sources);
    }

    private Extents extents() {
        return switch (type) {
            case LOG -> Extents.of(List.of());
            case DIFFERENTIAL -> {
                TreeSet<Long> changed = new TreeSet<>();
                content.versions().keySet().forEach(page -> changed.add(page / Extents.PAGES));
                yield Extents.of(changed.stream()
                        .map(one -> new Extents.Range(1, one, 1))
                        .toList());
            }
            default -> Extents.of(1, content.extents());
        };
    }

    private BackupHeader header(Extents extents, long first, long last, long checkpoint) {
        boolean differential = type == BackupType.DIFFERENTIAL;
        int flags = BackupHeader.FLAG_ALWAYS
                | (options.has("CHECKSUM") ? BackupHeader.FLAG_CHECKSUMS : 0)
                | (differential ? BackupHeader.FLAG_DIFFERENTIAL : 0);
        Lsn lastFull = Database.lsn(database.lastFull());
        return new BackupHeader(
                database.name(),
                instance.options().serverName(),
                ServerProperties.VERSION,
                type.letter(),
                flags,
                Database.lsn(first),
                Database.lsn(last),
                Database.lsn(checkpoint),
                lastFull,
                differential ? lastFull : Lsn.ZERO,
                Lsn.ZERO,
                database.fork(),
                null,
                database.lastFullSet(),
                differential ? database.lastFullSet() : null,
                database.guid(),
                database.family(),
                database.created(),
                instance.now(),
                instance.now(),
                0,
                database.recoveryModel(),
                ServerProperties.COMPATIBILITY_LEVEL,
                ServerProperties.DATABASE_VERSION,
                LOCALE,
                COMPARISON_STYLE,
                SORT_ORDER,
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
                    file.isLog() ? LOG_FILE_BYTES : database.dataBytes(),
                    UNLIMITED,
                    file.isLog() ? 0 : extents.count() * Extents.PAGES,
                    options.blockSizeInBytes(),
                    new UUID(database.guid().getMostSignificantBits(), file.id()),
                    Lsn.ZERO,
                    null));
        }
        return files;
    }
}
