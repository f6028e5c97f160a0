package dev.sluice.mtf.inspect;

import dev.sluice.mtf.Tag;
import java.util.ArrayList;
import java.util.List;

/// Remembers where blocks began. There is about one for each virtual log file, so a bound is needed, and rarely
/// reached.
final class BlockIndex implements StreamListener {
    static final int KEPT = 16_384;

    private final List<Inspection.BlockPosition> first = new ArrayList<>();
    private long count;

    @Override
    public void block(DescriptorBlock block) {
        count++;
        if (first.size() < KEPT) {
            first.add(new Inspection.BlockPosition(Tag.name(block.type()), block.position()));
        }
    }

    List<Inspection.BlockPosition> first() {
        return List.copyOf(first);
    }

    long count() {
        return count;
    }
}
