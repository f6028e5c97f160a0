package dev.sluice.mtf.inspect;

import java.util.ArrayList;
import java.util.List;

/// The first findings, and how many there were: a stream of nonsense must not fill the memory with descriptions
/// of it.
final class Findings {
    static final int KEPT = 64;

    private final List<Finding> first = new ArrayList<>();
    private long count;

    void add(Finding.Kind kind, long position, String block, String text) {
        count++;
        if (first.size() < KEPT) {
            first.add(new Finding(kind, position, block, text));
        }
    }

    List<Finding> first() {
        return List.copyOf(first);
    }

    long count() {
        return count;
    }
}
