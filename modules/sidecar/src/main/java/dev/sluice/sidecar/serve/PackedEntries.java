package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.RecoveryPath;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/// A database's catalog entries, as little of each as planning needs, compressed: about 110 bytes for each backup,
/// where the objects would take 900. `serve` keeps all of them for as long as it runs, ten thousand of each of
/// hundreds of databases, and looks at all of a database when one has changed.
///
/// Blocks of entries are packed on their own, so that one more entry packs one block anew.
///
/// **Threading:** immutable.
final class PackedEntries {

    static final PackedEntries NONE = new PackedEntries(List.of(), 0);

    /// Small enough to pack anew for each backup; larger ones take little less memory.
    private static final int IN_BLOCK = 64;

    private final List<Block> blocks;
    private final int count;

    private PackedEntries(List<Block> blocks, int count) {
        this.blocks = List.copyOf(blocks);
        this.count = count;
    }

    /// One entry of the catalog.
    ///
    /// @param key    of the entry
    /// @param began  when the backup began
    /// @param ended  when it ended; when it began, where the end is not known
    /// @param backup null where its document does not hold what planning needs
    record Entry(
            String key,
            BackupType type,
            boolean copyOnly,
            Instant began,
            Instant ended,
            @Nullable Backup backup) {

        String backupId() {
            return key.substring(key.lastIndexOf('_') + 1, key.lastIndexOf('.'));
        }

        CatalogKey parsed() {
            return CatalogKey.parse(key).orElseThrow();
        }
    }

    boolean isEmpty() {
        return count == 0;
    }

    int count() {
        return count;
    }

    /// In no order. Each is unpacked when it is asked for, and nothing is kept of it.
    Stream<Entry> stream() {
        return blocks.stream().flatMap(block -> block.unpack().stream());
    }

    /// @param entries of keys that are not among these
    PackedEntries with(Collection<Entry> entries) {
        if (entries.isEmpty()) {
            return this;
        }
        List<Block> all = new ArrayList<>(blocks);
        List<Entry> open = new ArrayList<>(IN_BLOCK);
        if (!all.isEmpty() && all.getLast().count < IN_BLOCK) {
            open.addAll(all.removeLast().unpack());
        }
        for (Entry entry : entries) {
            open.add(entry);
            if (open.size() == IN_BLOCK) {
                all.add(Block.pack(open));
                open.clear();
            }
        }
        if (!open.isEmpty()) {
            all.add(Block.pack(open));
        }
        return new PackedEntries(all, count + entries.size());
    }

    /// The memory that they take, in bytes, without what the entries of a block have in common.
    int packedBytes() {
        return blocks.stream().mapToInt(block -> block.packed.length).sum();
    }

    /// What many entries have in common.
    ///
    /// @param directory the key up to its last slash
    private record Common(
            String directory,
            BackupType type,
            boolean copyOnly,
            @Nullable OfBackup backup) {

        static Common of(Entry entry) {
            Backup backup = entry.backup();
            return new Common(
                    entry.key().substring(0, entry.key().lastIndexOf('/') + 1),
                    entry.type(),
                    entry.copyOnly(),
                    backup == null ? null : OfBackup.of(backup));
        }
    }

    private record OfBackup(
            String database,
            Backup.Kind kind,
            boolean copyOnly,
            Backup.Place place,
            UUID family,
            RecoveryPath path,
            @Nullable UUID differentialBase,
            RecoveryModel recoveryModel,
            Set<Backup.Trait> traits,
            int stripes,
            Set<Integer> missing) {

        static OfBackup of(Backup backup) {
            return new OfBackup(
                    backup.database(),
                    backup.kind(),
                    backup.copyOnly(),
                    backup.place(),
                    backup.family(),
                    backup.path(),
                    backup.differentialBase(),
                    backup.recoveryModel(),
                    backup.traits(),
                    backup.stripes(),
                    backup.missing());
        }
    }

    private static final class Block {
        final byte[] packed;
        final int length; // of the same, unpacked
        final List<Common> common; // of the entries, which name theirs by its index
        final int count;

        private Block(byte[] packed, int length, List<Common> common, int count) {
            this.packed = packed;
            this.length = length;
            this.common = List.copyOf(common);
            this.count = count;
        }

        static Block pack(List<Entry> entries) {
            Map<Common, Integer> common = new HashMap<>();
            List<Common> indexed = new ArrayList<>();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(16 << 10);
            try (DataOutputStream out = new DataOutputStream(bytes)) {
                for (Entry entry : entries) {
                    Common its = Common.of(entry);
                    Integer index = common.get(its);
                    if (index == null) {
                        index = indexed.size();
                        common.put(its, index);
                        indexed.add(its);
                    }
                    out.writeByte(index);
                    write(out, entry);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e); // into memory
            }
            return new Block(deflated(bytes.toByteArray()), bytes.size(), indexed, entries.size());
        }

        private static byte[] deflated(byte[] bytes) {
            Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
            try {
                deflater.setInput(bytes);
                deflater.finish();
                // What cannot be packed is stored, with 5 bytes for each 16 KiB or more.
                byte[] packed = new byte[bytes.length + (bytes.length >> 10) + 64];
                return Arrays.copyOf(packed, deflater.deflate(packed));
            } finally {
                deflater.end();
            }
        }

        List<Entry> unpack() {
            byte[] bytes = new byte[length];
            Inflater inflater = new Inflater(true);
            try {
                inflater.setInput(packed);
                inflater.inflate(bytes);
            } catch (DataFormatException e) {
                throw new IllegalStateException(e); // pack() has made it
            } finally {
                inflater.end();
            }
            ByteBuffer in = ByteBuffer.wrap(bytes);
            List<Entry> entries = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                entries.add(read(in, common.get(in.get())));
            }
            return entries;
        }
    }

    private static void write(DataOutputStream out, Entry entry) throws IOException {
        write(out, entry.key().substring(entry.key().lastIndexOf('/') + 1));
        write(out, entry.began());
        write(out, entry.ended());
        Backup backup = entry.backup();
        if (backup == null) {
            return;
        }
        write(out, backup.id());
        out.writeLong(backup.set().getMostSignificantBits());
        out.writeLong(backup.set().getLeastSignificantBits());
        write(out, backup.firstLsn());
        write(out, backup.lastLsn());
        write(out, backup.checkpointLsn());
        write(out, backup.started());
        write(out, backup.finished());
        Instant lastRecord = backup.lastRecord();
        out.writeBoolean(lastRecord != null);
        if (lastRecord != null) {
            write(out, lastRecord);
        }
        out.writeLong(backup.bytes());
    }

    private static Entry read(ByteBuffer in, Common common) {
        String key = common.directory() + text(in);
        Instant began = instant(in);
        Instant ended = instant(in);
        OfBackup backup = common.backup();
        return new Entry(
                key, common.type(), common.copyOnly(), began, ended, backup == null ? null : backup(in, backup));
    }

    private static Backup backup(ByteBuffer in, OfBackup common) {
        return new Backup(
                text(in),
                common.database(),
                common.kind(),
                common.copyOnly(),
                common.place(),
                new UUID(in.getLong(), in.getLong()),
                common.family(),
                common.path(),
                lsn(in),
                lsn(in),
                lsn(in),
                common.differentialBase(),
                common.recoveryModel(),
                instant(in),
                instant(in),
                in.get() != 0 ? instant(in) : null,
                common.traits(),
                in.getLong(),
                common.stripes(),
                common.missing());
    }

    private static void write(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeShort(bytes.length);
        out.write(bytes);
    }

    private static String text(ByteBuffer in) {
        byte[] bytes = new byte[in.getShort() & 0xFFFF];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void write(DataOutputStream out, Instant instant) throws IOException {
        out.writeLong(instant.getEpochSecond());
        out.writeInt(instant.getNano());
    }

    private static Instant instant(ByteBuffer in) {
        return Instant.ofEpochSecond(in.getLong(), in.getInt());
    }

    private static void write(DataOutputStream out, Lsn lsn) throws IOException {
        out.writeLong(lsn.vlf());
        out.writeLong(lsn.block());
        out.writeInt(lsn.slot());
    }

    private static Lsn lsn(ByteBuffer in) {
        return new Lsn(in.getLong(), in.getLong(), in.getInt());
    }
}
