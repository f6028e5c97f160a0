package dev.sluice.mtf.inspect;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.HeaderChecksum;
import dev.sluice.mtf.StoredFields;
import dev.sluice.mtf.Tag;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/// What the last bytes of a plain stream say, without the terabytes before them: the final header (`MSLS`), and
/// whether the stream ends as a backup ends.
///
/// The header is looked for from the end, at every place where a block may begin, and followed from there. Its
/// checksum, and everything behind it up to the last byte, must fit; bytes of a page that happen to look like one
/// do not lead to the end.
///
/// **Errors:** what the stream contains never makes it throw.
///
/// @param header  the final header of the last set
/// @param set     number of that set on its medium, from 1; 0 where the stream does not tell
public record StreamTail(BackupHeader header, int set) {

    /// Blocks begin at multiples of it: a device's block, or a logical block of 1024 bytes behind one.
    private static final int GRAIN = 512;

    private static final int OFFSET_OF_SET_NUMBER = 78; // in ESET
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Empty when the stream does not end as a backup does, or its final header begins before these bytes.
    ///
    /// @param tail     the last bytes of the stream
    /// @param position of the first of them in the stream
    public static Optional<StreamTail> of(MemorySegment tail, long position) {
        long last = tail.byteSize() - HeaderChecksum.BLOCK_HEADER;
        long first = -position & (GRAIN - 1);
        for (long at = last - ((last - first) & (GRAIN - 1)); at >= first; at -= GRAIN) {
            if (tail.get(U32, at) == Tag.MSLS && HeaderChecksum.holds(tail, at, HeaderChecksum.BLOCK_HEADER)) {
                Optional<StreamTail> found = from(tail.asSlice(at));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<StreamTail> from(MemorySegment end) {
        Findings findings = new Findings();
        FactCollector facts = new FactCollector(findings);
        Ends ends = new Ends();
        StreamWalker walker = new StreamWalker(findings, List.of(facts, ends));
        walker.update(end, 0, end.byteSize());
        BackupHeader header = facts.complete();
        return header == null || walker.stopped() || !walker.atBlockBoundary() || !ends.seen
                ? Optional.empty()
                : Optional.of(new StreamTail(header, ends.set));
    }

    /// Waits for the end of the set.
    private static final class Ends implements StreamListener {
        private boolean seen;
        private int set;

        @Override
        public void block(DescriptorBlock block) {
            if (block.type() == Tag.ESET) {
                StoredFields fields = block.fields();
                seen = true;
                set = fields.u16(OFFSET_OF_SET_NUMBER);
            }
        }
    }
}
