package dev.sluice.mtf.inspect;

import dev.sluice.mtf.StoredFields;
import dev.sluice.mtf.Tag;
import dev.sluice.mtf.xpress.XpressHuffman;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Turns a compressed container back into the plain stream that was packed into it, all of it.
///
/// That costs some 100 times what looking at the front costs ([StreamInspector] does no more), so it is for who must
/// see every page: a restore, or a check at leisure. Behind the container's header come records, each with its
/// payload; filemarks lie between them as they are, each on a block boundary, and say their own size. What is
/// before such a boundary is a record without a payload (0x24, in the last gap 0x2C with an index), and is skipped.
///
/// **Ownership:** what is passed on is lent for the call. At most one record and what it unpacks to are held.
///
/// **Threading:** one thread at a time.
///
/// **Errors:** what the container holds never makes it throw; where it does not make sense it stops, and
/// [#problem()] says why. What the taker of the plain bytes throws leaves [#update(MemorySegment)].
///
/// **Source:** measured on backups of SQL Server 2016 to 2019, MS_XPRESS only.
public final class ContainerUnpacker {
    private static final int CONTAINER_HEADER = 480;
    private static final int RECORD_HEADER = 28;
    private static final int RECORD_MARK = 0x21;
    private static final int PADDING_MARK = 0x24;
    private static final int INDEX_MARK = 0x2C;
    private static final int UNIT = 512;
    private static final int LARGEST_GAP = 1 << 16;
    private static final int OFFSET_OF_SIZE = 8; // of a filemark: of its block
    private static final int FILEMARK_FRONT = 10;
    private static final int LARGEST_PIECE = RECORD_HEADER + 0xFFFF;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private enum Step {
        HEADER,
        /// Behind a record or a filemark: what comes is told by its first byte.
        BETWEEN,
        /// Looks for a filemark where a block may begin.
        GAP,
        RECORD_FRONT,
        RECORD,
        FILEMARK_FRONT,
        FILEMARK,
        STOPPED
    }

    private final Consumer<MemorySegment> plain;
    private final MemorySegment buffer = MemorySegment.ofArray(new byte[LARGEST_PIECE]);
    private Step step = Step.HEADER;
    private int have;
    private int need = CONTAINER_HEADER;
    private long position;
    private long gap; // bytes of it that there may still be
    private long records;
    private @Nullable String problem;

    /// @param plain takes the bytes of the plain stream, in order
    public ContainerUnpacker(Consumer<MemorySegment> plain) {
        this.plain = plain;
    }

    /// The next bytes of the container.
    public void update(MemorySegment chunk) {
        long at = 0;
        while (at < chunk.byteSize() && step != Step.STOPPED) {
            if (step == Step.BETWEEN) {
                begin(chunk.get(ValueLayout.JAVA_BYTE, at));
                continue;
            }
            if (step == Step.GAP) {
                long n = Math.min(-position & (UNIT - 1), chunk.byteSize() - at);
                at += n;
                position += n;
                gap -= n;
                if (position % UNIT == 0 && at < chunk.byteSize()) {
                    step = Step.FILEMARK_FRONT;
                    need = FILEMARK_FRONT;
                }
                continue;
            }
            int n = (int) Math.min(need - have, chunk.byteSize() - at);
            MemorySegment.copy(chunk, at, buffer, have, n);
            have += n;
            at += n;
            position += n;
            if (have == need) {
                arrived();
            }
        }
    }

    private void begin(byte first) {
        have = 0;
        if (first == RECORD_MARK) {
            step = Step.RECORD_FRONT;
            need = RECORD_HEADER;
        } else if (first == PADDING_MARK
                || first == INDEX_MARK
                || first == 0
                || (first == 'S' && position % UNIT == 0)) {
            step = Step.GAP;
            gap = LARGEST_GAP;
        } else {
            stop("neither a record nor a filemark begins here");
        }
    }

    private void arrived() {
        switch (step) {
            case HEADER -> {
                if (new StoredFields(buffer).i64(0) != CompressedFront.MAGIC) {
                    stop("begins with no MSSQLBAK");
                } else {
                    step = Step.BETWEEN;
                }
            }
            case RECORD_FRONT -> {
                int payload = Short.toUnsignedInt(buffer.get(U16, 2));
                if (payload == 0) {
                    stop("a record has no payload");
                } else {
                    step = Step.RECORD;
                    need = RECORD_HEADER + payload;
                }
            }
            case RECORD -> record();
            case FILEMARK_FRONT -> {
                StoredFields fields = new StoredFields(buffer);
                int size = fields.u16(OFFSET_OF_SIZE);
                if (fields.i32(0) == Tag.SFMB && size >= UNIT) {
                    step = Step.FILEMARK;
                    need = size;
                } else if (gap > 0) {
                    step = Step.GAP;
                    have = 0;
                } else {
                    stop("no filemark ends the gap between two records");
                }
            }
            case FILEMARK -> {
                step = Step.BETWEEN;
                plain.accept(buffer.asSlice(0, have).asReadOnly());
            }
            case BETWEEN, GAP, STOPPED -> {}
        }
    }

    private void record() {
        byte[] unpacked = new byte[Byte.toUnsignedInt(buffer.get(ValueLayout.JAVA_BYTE, 1)) * UNIT];
        if (!XpressHuffman.decompress(buffer.asSlice(RECORD_HEADER, (long) have - RECORD_HEADER), unpacked)) {
            stop(String.format(Locale.ROOT, "a record does not unpack to the %d bytes it promises", unpacked.length));
            return;
        }
        records++;
        step = Step.BETWEEN;
        plain.accept(MemorySegment.ofArray(unpacked));
    }

    private void stop(String why) {
        problem = String.format(Locale.ROOT, "%s (before byte %d of the container)", why, position);
        step = Step.STOPPED;
    }

    /// Records unpacked so far.
    public long records() {
        return records;
    }

    /// Why the container does not make sense, or null while it does.
    public @Nullable String problem() {
        return problem;
    }

    /// Whether it would be cut off if it ended here: in the middle of a record, a filemark or its own header.
    public boolean unfinished() {
        return switch (step) {
            case HEADER, RECORD_FRONT, RECORD, FILEMARK_FRONT, FILEMARK -> true;
            case BETWEEN, GAP, STOPPED -> false;
        };
    }
}
