package dev.sluice.sidecar.cli;

import dev.sluice.engine.restore.RestoreOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Where a restore ends.
final class PointOptions {

    @Option(
            names = "--to",
            paramLabel = "POINT",
            description = "An instant with an offset (2026-03-01T10:42:00+01:00, or ending in Z), an LSN"
                    + " (lsn:39:488:71 or lsn:39000000048800071: everything before it), or end. Default: end.")
    @Nullable
    String to;

    @Option(
            names = "--backup",
            paramLabel = "ID",
            description = "To the end of this backup, or of the one that begins so.")
    @Nullable
    String backup;

    @Option(
            names = "--stop-at-mark",
            paramLabel = "NAME",
            description =
                    "To the end of the transaction that was marked so (BEGIN TRANSACTION NAME WITH MARK): STOPATMARK.")
    @Nullable
    String atMark;

    @Option(
            names = "--stop-before-mark",
            paramLabel = "NAME",
            description = "To the last moment before the transaction that was marked so: STOPBEFOREMARK.")
    @Nullable
    String beforeMark;

    @Option(
            names = "--mark-after",
            paramLabel = "INSTANT",
            description =
                    "The first mark of the name at this instant or later. Needed where several have the name, and where"
                            + " SQL Server's msdb does not know the mark.")
    @Nullable
    String markAfter;

    /// **Errors:** [UsageError] when two options name a point, or none has the mark that another one belongs
    /// to.
    RestoreOrder.Point point() {
        List<RestoreOrder.Point> points = new ArrayList<>();
        List<String> said = new ArrayList<>();
        add("--to", to == null ? null : new RestoreOrder.Point.At(to), points, said);
        add("--backup", backup == null ? null : new RestoreOrder.Point.EndOf(backup), points, said);
        add("--stop-at-mark", mark(atMark, true), points, said);
        add("--stop-before-mark", mark(beforeMark, false), points, said);
        if (points.size() > 1) {
            throw new UsageError(
                    "a point is said once: not both %s and %s".formatted(said.getFirst(), said.get(1)),
                    "Leave one of them away.");
        }
        if (markAfter != null && atMark == null && beforeMark == null) {
            throw new UsageError(
                    "--mark-after tells marks apart, and no mark is named",
                    "Say --stop-at-mark NAME or --stop-before-mark NAME as well, or --to INSTANT instead.");
        }
        return points.isEmpty() ? new RestoreOrder.Point.At("end") : points.getFirst();
    }

    private RestoreOrder.@Nullable Point mark(@Nullable String name, boolean within) {
        return name == null ? null : new RestoreOrder.Point.Mark(name, within, markAfter);
    }

    private static void add(
            String option, RestoreOrder.@Nullable Point point, List<RestoreOrder.Point> points, List<String> said) {
        if (point != null) {
            points.add(point);
            said.add(option);
        }
    }
}
