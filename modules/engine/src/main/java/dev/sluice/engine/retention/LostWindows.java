package dev.sluice.engine.retention;

import dev.sluice.engine.plan.Window;
import dev.sluice.engine.retention.DeletionPlan.Lost;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// What windows before a deletion cover and windows after it do not.
final class LostWindows {

    private LostWindows() {}

    static List<Lost> between(List<Window> before, List<Window> after) {
        List<Lost> lost = new ArrayList<>();
        for (Window window : before) {
            List<Lost> pieces = List.of(new Lost(window.fork(), window.earliest(), window.latest()));
            for (Window kept : after) {
                if (kept.family().equals(window.family()) && kept.fork().equals(window.fork())) {
                    pieces = pieces.stream()
                            .flatMap(piece -> without(piece, kept).stream())
                            .toList();
                }
            }
            lost.addAll(pieces);
        }
        return lost.stream()
                .distinct()
                .sorted(Comparator.comparing(Lost::from).thenComparing(Lost::to))
                .toList();
    }

    /// A piece that only touches what stays is its end, which can be had.
    private static List<Lost> without(Lost piece, Window kept) {
        Instant from = kept.earliest();
        Instant to = kept.latest();
        if (from.isAfter(piece.to()) || to.isBefore(piece.from())) {
            return List.of(piece);
        }
        List<Lost> rest = new ArrayList<>();
        if (piece.from().isBefore(from)) {
            rest.add(new Lost(piece.fork(), piece.from(), from));
        }
        if (to.isBefore(piece.to())) {
            rest.add(new Lost(piece.fork(), to, piece.to()));
        }
        return rest;
    }
}
