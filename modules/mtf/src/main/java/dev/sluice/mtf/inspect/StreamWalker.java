package dev.sluice.mtf.inspect;

import dev.sluice.mtf.HeaderChecksum;
import dev.sluice.mtf.StoredFields;
import dev.sluice.mtf.Tag;
import java.lang.foreign.MemorySegment;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Follows the chain of blocks and streams, in pieces of any size.
///
/// A block is a header of 52 bytes, which says where the first stream begins, and the fields up to there. A
/// stream is a header of 22 bytes, which says how much data follows; the next begins at the next multiple of
/// four. The stream named `SPAD` is a block's last, and the next block follows its data directly. Filemarks
/// have no streams.
///
/// So at any moment the walker either collects one of the two headers, of at most 64 KiB, or counts down the
/// bytes of a stream, which it passes on as they are. That is all it remembers. A header whose checksum does
/// not hold ends the walk: where the next one would be is known from it alone.
final class StreamWalker {
    private static final int MAX_BLOCK = 1 << 16;
    private static final int OFFSET_OF_SIZE = 8;
    private static final int OFFSET_OF_STRING_TYPE = 48;
    private static final int ANSI = 1;
    private static final int ALIGNMENT = 4;

    private enum Phase {
        BLOCK,
        STREAM,
        DATA,
        GAP,
        STOPPED
    }

    private final StreamListener[] listeners; // an array, because iterating over a list creates an object each time
    private final Findings findings;
    private final MemorySegment header = MemorySegment.ofArray(new byte[MAX_BLOCK]);
    private final StoredFields fields = new StoredFields(header);

    private Phase phase = Phase.BLOCK;
    private long position; // in the stream, of the next byte
    private int have; // bytes of the header
    private int need = HeaderChecksum.BLOCK_HEADER;
    private long left; // of a stream's data, or of a gap
    private long filemarkSize; // in case a filemark cannot say it itself
    private @Nullable DescriptorBlock block;
    private @Nullable DataStream stream;
    private boolean headerIsDamaged;

    StreamWalker(Findings findings, List<StreamListener> listeners) {
        this.findings = findings;
        this.listeners = listeners.toArray(StreamListener[]::new);
    }

    void update(MemorySegment memory, long offset, long length) {
        long at = offset;
        long end = offset + length;
        while (at < end && phase != Phase.STOPPED) {
            long taken = take(memory, at, end - at);
            at += taken;
        }
    }

    private long take(MemorySegment memory, long offset, long available) {
        return switch (phase) {
            case BLOCK, STREAM -> takeHeader(memory, offset, available);
            case DATA -> takeData(memory, offset, available);
            case GAP -> takeGap(memory, offset, available);
            case STOPPED -> available;
        };
    }

    /// Whether the last byte seen was the last of a block.
    boolean atBlockBoundary() {
        return phase == Phase.BLOCK && have == 0;
    }

    boolean stopped() {
        return phase == Phase.STOPPED;
    }

    /// Whether the walk stopped at a header that has the name of a known one, and another checksum. A header with
    /// another name may be of a format that is not known here.
    boolean headerIsDamaged() {
        return headerIsDamaged;
    }

    /// Where the walk is, or where it ended.
    long position() {
        return position;
    }

    /// What the walker is in the middle of, for people.
    String whereabouts() {
        String inside =
                block == null ? "" : String.format(Locale.ROOT, " of block %s at %d", block.name(), block.position());
        if (phase == Phase.DATA && stream != null) {
            return String.format(
                    Locale.ROOT,
                    "in stream %s at %d%s, %d bytes short of its end",
                    stream.name(),
                    stream.position(),
                    inside,
                    left);
        }
        return phase == Phase.BLOCK
                ? String.format(Locale.ROOT, "in the header of a block at %d", position - have)
                : "before the last stream%s".formatted(inside);
    }

    private long takeHeader(MemorySegment memory, long offset, long available) {
        int n = (int) Math.min(available, need - have);
        MemorySegment.copy(memory, offset, header, have, n);
        have += n;
        position += n;
        if (have == need) {
            if (phase == Phase.STREAM) {
                streamHeader();
            } else if (have == HeaderChecksum.BLOCK_HEADER) {
                blockHeader();
            } else {
                blockComplete();
            }
        }
        return n;
    }

    private void blockHeader() {
        long start = position - have;
        if (!HeaderChecksum.holds(header, 0, HeaderChecksum.BLOCK_HEADER)) {
            headerIsDamaged = Tag.isBlock(fields.i32(0));
            stop(
                    Finding.Kind.BROKEN_BLOCK,
                    start,
                    "no block begins here, or its header is damaged: the checksum does not hold");
            return;
        }
        int type = fields.i32(0);
        int size = fields.u16(OFFSET_OF_SIZE);
        if (size == 0 && type == Tag.SFMB && filemarkSize == MAX_BLOCK) {
            size = MAX_BLOCK; // a filemark of 65536 bytes; 16 bits cannot hold that, and zero is what is left of it
        }
        if (size < HeaderChecksum.BLOCK_HEADER) {
            stop(
                    Finding.Kind.BROKEN_BLOCK,
                    start,
                    String.format(Locale.ROOT, "block %s cannot end %d bytes after its start", Tag.name(type), size));
        } else if (size == HeaderChecksum.BLOCK_HEADER) {
            blockComplete();
        } else {
            need = size;
        }
    }

    private void blockComplete() {
        int type = fields.i32(0);
        Charset charset =
                fields.u8(OFFSET_OF_STRING_TYPE) == ANSI ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_16LE;
        DescriptorBlock passed =
                new DescriptorBlock(position - have, type, new StoredFields(header.asSlice(0, have), charset));
        block = passed;
        stream = null;
        if (type == Tag.TAPE) {
            filemarkSize = Labels.blockSize(passed.fields());
        }
        for (StreamListener listener : listeners) {
            listener.block(passed);
        }
        if (type == Tag.SFMB) {
            expectBlock();
        } else {
            expectStream();
        }
    }

    private void streamHeader() {
        long start = position - have;
        DescriptorBlock owner = block;
        if (owner == null || !HeaderChecksum.holds(header, 0, HeaderChecksum.STREAM_HEADER)) {
            headerIsDamaged = Tag.isStream(fields.i32(0));
            stop(
                    Finding.Kind.BROKEN_STREAM,
                    start,
                    "no data stream begins here, or its header is damaged: the checksum does not hold");
            return;
        }
        DataStream next = new DataStream(owner, start, fields.i32(0), fields.u16(6), fields.i64(8));
        if (next.length() < 0 || next.length() > Long.MAX_VALUE - position - ALIGNMENT) {
            stop(Finding.Kind.BROKEN_STREAM, start, "stream %s has no possible length".formatted(next.name()));
            return;
        }
        stream = next;
        for (StreamListener listener : listeners) {
            listener.streamStarts(next);
        }
        left = next.length();
        phase = Phase.DATA;
        if (left == 0) {
            streamComplete(next);
        }
    }

    private long takeData(MemorySegment memory, long offset, long available) {
        DataStream current = stream;
        if (current == null) {
            throw new IllegalStateException("data without a stream");
        }
        long n = Math.min(available, left);
        long at = current.length() - left;
        for (StreamListener listener : listeners) {
            listener.bytes(current, at, memory, offset, n);
        }
        position += n;
        left -= n;
        if (left == 0) {
            streamComplete(current);
        }
        return n;
    }

    private void streamComplete(DataStream complete) {
        for (StreamListener listener : listeners) {
            listener.streamEnds(complete);
        }
        if (complete.id() == Tag.SPAD) {
            expectBlock();
            return;
        }
        left = -position & (ALIGNMENT - 1);
        if (left == 0) {
            expectStream();
        } else {
            phase = Phase.GAP;
        }
    }

    private long takeGap(MemorySegment memory, long offset, long available) {
        long n = Math.min(available, left);
        for (StreamListener listener : listeners) {
            listener.gap(position, memory, offset, n);
        }
        position += n;
        left -= n;
        if (left == 0) {
            expectStream();
        }
        return n;
    }

    private void expectBlock() {
        phase = Phase.BLOCK;
        have = 0;
        need = HeaderChecksum.BLOCK_HEADER;
    }

    private void expectStream() {
        phase = Phase.STREAM;
        have = 0;
        need = HeaderChecksum.STREAM_HEADER;
    }

    private void stop(Finding.Kind kind, long at, String text) {
        findings.add(kind, at, block == null ? "" : block.name(), text);
        position = at;
        have = 0;
        phase = Phase.STOPPED;
    }
}
