package dev.sluice.mtf.inspect;

import dev.sluice.mtf.Tag;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Locale;

/// Checks what the format fixes and no checksum covers: block numbers and addresses, and that padding is zero.
final class StructureCheck implements StreamListener {
    private static final int LOGICAL_BLOCK = 1024;
    private static final int OFFSET_OF_ADDRESS = 20;
    private static final int OFFSET_OF_NUMBER = 36;
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.nativeOrder());

    private final Findings findings;
    private long setStart;
    private long number; // of the next block in the set
    private boolean inSet;
    private boolean complained; // about this stream

    StructureCheck(Findings findings) {
        this.findings = findings;
    }

    @Override
    public void block(DescriptorBlock block) {
        if (block.type() == Tag.SSET) {
            setStart = block.position();
            number = 0;
            inSet = true;
        }
        long address = inSet ? (block.position() - setStart) / LOGICAL_BLOCK : 0;
        expect(block, "logical address", block.fields().i64(OFFSET_OF_ADDRESS), address);
        expect(block, "control block id", block.fields().u32(OFFSET_OF_NUMBER), inSet ? number : 0);
        number++;
        if (block.type() == Tag.MSLS) {
            inSet = false;
        }
    }

    private void expect(DescriptorBlock block, String what, long is, long shouldBe) {
        if (is != shouldBe) {
            findings.add(
                    Finding.Kind.OUT_OF_SEQUENCE,
                    block.position(),
                    block.name(),
                    String.format(Locale.ROOT, "%s is %d, expected %d", what, is, shouldBe));
        }
    }

    @Override
    public void streamStarts(DataStream stream) {
        complained = false;
    }

    @Override
    public void bytes(DataStream stream, long at, MemorySegment memory, long offset, long length) {
        if (complained) {
            return;
        }
        long zeros = length;
        if (stream.carriesPages() || stream.carriesLog()) {
            zeros = Math.min(length, DataStream.LEADING_ZEROS - at);
        } else if (!stream.isPadding()) {
            return;
        }
        long wrong = firstNonZero(memory, offset, zeros);
        if (wrong >= 0) {
            complained = true;
            findings.add(
                    Finding.Kind.NOT_ZERO,
                    stream.dataPosition() + at + wrong,
                    stream.block().name(),
                    "a byte of %s that is always zero is not".formatted(stream.name()));
        }
    }

    @Override
    public void gap(long position, MemorySegment memory, long offset, long length) {
        long wrong = firstNonZero(memory, offset, length);
        if (wrong >= 0) {
            findings.add(Finding.Kind.NOT_ZERO, position + wrong, "", "a byte between two streams is not zero");
        }
    }

    private static long firstNonZero(MemorySegment memory, long offset, long length) {
        long i = 0;
        while (i <= length - Long.BYTES && memory.get(WORD, offset + i) == 0) {
            i += Long.BYTES;
        }
        while (i < length) {
            if (memory.get(ValueLayout.JAVA_BYTE, offset + i) != 0) {
                return i;
            }
            i++;
        }
        return -1;
    }
}
