package dev.sluice.engine.selftest;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// The first and the last calls of many.
///
/// **Threading:** under the recording's monitor.
final class BoundedCalls {

    private final int atEachEnd;
    private final List<RecordedCall> first = new ArrayList<>();
    private final Deque<RecordedCall> last = new ArrayDeque<>();
    private long left;

    BoundedCalls(int atEachEnd) {
        this.atEachEnd = atEachEnd;
    }

    void add(RecordedCall call) {
        if (first.size() < atEachEnd) {
            first.add(call);
            return;
        }
        last.addLast(call);
        if (last.size() > atEachEnd) {
            last.removeFirst();
            left++;
        }
    }

    RecordedSet.Calls calls() {
        return new RecordedSet.Calls(first, left, List.copyOf(last));
    }
}
