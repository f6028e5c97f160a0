package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSetType;
import dev.sluice.mtf.Filegroup;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.StreamInspector;
import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.DataSnapshot;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.database.LogPosition;
import dev.sluice.simulator.database.RawFiles;
import dev.sluice.simulator.transfer.StripeSource;
import dev.sluice.simulator.tsql.SqlFailure;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/// The backup of a raw database: files of real backups, sent as they are.
final class RawBackup {

    private static final int FRONT = 1 << 18;

    private RawBackup() {}

    static BackupPlan plan(
            Instance instance, Database database, Content.Raw raw, BackupSetType type, StatementOptions options) {
        if (raw.files().isEmpty()) {
            throw new SqlFailure(Errors.ofTheStandIn(
                    "database '%s' was restored from a raw backup, of which only sums were kept; it cannot be backed up again"
                            .formatted(database.name())));
        }
        if (type != BackupSetType.DATABASE) {
            throw new SqlFailure(Errors.ofTheStandIn(
                    "database '%s' is a raw backup; only BACKUP DATABASE without DIFFERENTIAL can send it"
                            .formatted(database.name())));
        }
        if (raw.files().size() != options.devices().size()) {
            throw new SqlFailure(Errors.ofTheStandIn(String.format(
                    Locale.ROOT,
                    "database '%s' consists of %d raw file(s), one per device, and the statement names %d device(s)",
                    database.name(),
                    raw.files().size(),
                    options.devices().size())));
        }
        List<StripeSource> sources = new ArrayList<>();
        for (Path file : raw.files()) {
            long size = RawFiles.size(file);
            if (size == 0 || size % options.blockSizeInBytes() != 0) {
                throw new SqlFailure(Errors.ofTheStandIn(String.format(
                        Locale.ROOT,
                        "the raw file %s has %d bytes, which are no multiple of BLOCKSIZE %d",
                        file.getFileName(),
                        size,
                        options.blockSizeInBytes())));
            }
            sources.add(new FileSource(file, size));
        }
        long total = sources.stream().mapToLong(StripeSource::length).sum();
        Inspection front = front(raw.files().getFirst());
        if (front instanceof Inspection.Inspected inspected
                && inspected.header().isPresent()) {
            UUID set = inspected.set() == null ? null : inspected.set().guid();
            UUID mediaSet = inspected.media() == null ? null : inspected.media().mediaSet();
            return new BackupPlan(
                    inspected.header().get().finished(null, total),
                    set == null ? UUID.randomUUID() : set,
                    mediaSet == null ? UUID.randomUUID() : mediaSet,
                    0,
                    false,
                    null,
                    sources);
        }
        return new BackupPlan(
                made(instance, database, total), UUID.randomUUID(), UUID.randomUUID(), 0, false, null, sources);
    }

    /// What the beginning of the file tells.
    static Inspection front(Path file) {
        StreamInspector inspector = StreamInspector.structureOnly();
        try (InputStream in = Files.newInputStream(file)) {
            inspector.update(MemorySegment.ofArray(in.readNBytes(FRONT)));
        } catch (IOException e) {
            throw new UncheckedIOException("the raw backup %s cannot be read".formatted(file), e);
        }
        return inspector.report();
    }

    /// Facts for bytes that are no backup that anybody understands.
    private static BackupHeader made(Instance instance, Database database, long bytes) {
        DataSnapshot.Facts facts = database.facts();
        List<BackupFile> files = new ArrayList<>();
        for (DatabaseFile file : database.files()) {
            files.add(new BackupFile(
                    file.id(),
                    file.kind(),
                    file.logicalName(),
                    file.physicalName(),
                    file.isLog() ? 0 : 1,
                    bytes,
                    bytes,
                    file.isLog() ? 0 : bytes / 8192,
                    512,
                    null,
                    Lsn.ZERO,
                    null));
        }
        Product.Release release = instance.options().product().release();
        return new BackupHeader(
                database.name(),
                instance.options().serverName(),
                release.version(),
                BackupSetType.DATABASE.letter(),
                BackupHeader.FLAG_ALWAYS,
                LogPosition.lsn(database.logUsage().oldest()),
                LogPosition.lsn(database.logUsage().next()),
                LogPosition.lsn(database.logUsage().oldest()),
                LogPosition.lsn(facts.lastFull()),
                Lsn.ZERO,
                Lsn.ZERO,
                facts.fork(),
                null,
                facts.lastFullSet(),
                null,
                facts.guid(),
                facts.family(),
                database.created(),
                instance.now(),
                null,
                bytes,
                facts.recoveryModel(),
                release.compatibilityLevel(),
                release.databaseVersion(),
                1033,
                196_609,
                52,
                List.of(new Filegroup(1, "PRIMARY")),
                files);
    }

    /// Opens its file for each read, so that nothing stays open however the statement ends.
    private static final class FileSource implements StripeSource {
        private final Path file;
        private final long length;
        private long position;

        FileSource(Path file, long length) {
            this.file = file;
            this.length = length;
        }

        @Override
        public long length() {
            return length;
        }

        @Override
        public void read(MemorySegment memory, int count) throws IOException {
            try (FileChannel channel = FileChannel.open(file)) {
                ByteBuffer target = memory.asByteBuffer().limit(count);
                while (target.hasRemaining()) {
                    int n = channel.read(target, position);
                    if (n < 0) {
                        throw new EOFException("%s became shorter while it was sent".formatted(file));
                    }
                    position += n;
                }
            }
        }
    }
}
