package dev.sluice.mtf.inspect;

import dev.sluice.mtf.HeaderChecksum;
import dev.sluice.mtf.Tag;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// Adds up what no check covers. Neighbouring pieces are one range, so a range is kept in two arrays and
/// extended in place: pages arrive in pieces, and a piece must not cost an object.
final class CoverageMeter implements StreamListener {
    static final int KEPT = 256;

    private final boolean checksums;
    private final Map<Coverage.Kind, long[]> totals = new EnumMap<>(Coverage.Kind.class);
    private final Coverage.Kind[] kinds = new Coverage.Kind[KEPT];
    private final long[] starts = new long[KEPT];
    private final long[] ends = new long[KEPT];
    private int ranges;
    private boolean truncated;

    /// @param checksums whether they are recomputed
    CoverageMeter(boolean checksums) {
        this.checksums = checksums;
        for (Coverage.Kind kind : Coverage.Kind.values()) {
            totals.put(kind, new long[1]);
        }
    }

    @Override
    public void block(DescriptorBlock block) {
        long length = block.fields().size() - HeaderChecksum.BLOCK_HEADER;
        add(Coverage.Kind.BLOCK_FIELDS, block.position() + HeaderChecksum.BLOCK_HEADER, length);
    }

    @Override
    public void bytes(DataStream stream, long at, MemorySegment memory, long offset, long length) {
        if (stream.isPadding() || (checksums && (stream.id() == Tag.CSUM || stream.checksumFollows()))) {
            return;
        }
        long skip = 0;
        Coverage.Kind kind = Coverage.Kind.OTHER_STREAMS;
        if (stream.carriesPages() || stream.carriesLog()) {
            kind = stream.carriesPages() ? Coverage.Kind.PAGES : Coverage.Kind.LOG;
            skip = Math.clamp(DataStream.LEADING_ZEROS - at, 0, length);
        } else if (stream.id() == Tag.MQCI) {
            kind = Coverage.Kind.METADATA;
        }
        add(kind, stream.dataPosition() + at + skip, length - skip);
    }

    void add(Coverage.Kind kind, long position, long length) {
        if (length <= 0) {
            return;
        }
        long[] total = totals.get(kind);
        if (total != null) {
            total[0] += length;
        }
        int last = ranges - 1;
        if (last >= 0 && !truncated && kinds[last] == kind && ends[last] == position) {
            ends[last] += length;
        } else if (ranges < KEPT) {
            kinds[ranges] = kind;
            starts[ranges] = position;
            ends[ranges] = position + length;
            ranges++;
        } else {
            truncated = true;
        }
    }

    /// Everything so far, and `rest` behind it.
    Coverage coverage(Coverage.Range rest) {
        Map<Coverage.Kind, Long> bytes = new EnumMap<>(Coverage.Kind.class);
        totals.forEach((kind, total) -> {
            if (total[0] > 0) {
                bytes.put(kind, total[0]);
            }
        });
        List<Coverage.Range> list = new ArrayList<>(ranges);
        for (int i = 0; i < ranges; i++) {
            list.add(new Coverage.Range(kinds[i], starts[i], ends[i] - starts[i]));
        }
        if (rest.length() > 0) {
            bytes.put(rest.kind(), rest.length());
            list.add(rest);
        }
        return new Coverage(bytes, list, truncated);
    }

    static Coverage allOf(Coverage.Kind kind, long bytes) {
        return new Coverage(Map.of(kind, bytes), List.of(new Coverage.Range(kind, 0, bytes)), false);
    }
}
