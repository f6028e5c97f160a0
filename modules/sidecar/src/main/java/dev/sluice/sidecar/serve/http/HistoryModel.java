package dev.sluice.sidecar.serve.http;

import dev.sluice.sidecar.history.DayTotals;
import dev.sluice.sidecar.history.HistoryEntry;
import dev.sluice.sidecar.history.HistoryPage;
import dev.sluice.sidecar.history.HistoryReader;
import dev.sluice.sidecar.history.JobOrigin;
import dev.sluice.sidecar.history.JobType;
import dev.sluice.sidecar.history.WaitedFor;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The JSON objects about jobs that are over, as [ApiModel] has the others.
final class HistoryModel {

    private HistoryModel() {}

    record HistoryJobs(List<HistoryJob> jobs, boolean more, List<String> unreadable) implements ApiModel.Body {

        static HistoryJobs of(HistoryPage page) {
            return new HistoryJobs(
                    page.entries().stream().map(HistoryJob::of).toList(), page.more(), page.unreadable());
        }
    }

    /// @param source     whose backups were restored, where that is another database
    /// @param count      more than 1 for several jobs that are summed up
    /// @param seconds    of all of them
    /// @param longest    of one of them
    /// @param waited     seconds, summed over the stripes
    record HistoryJob(
            String database,
            @Nullable String source,
            JobType type,
            JobOrigin origin,
            JobOutcome outcome,
            int count,
            @Nullable Instant due,
            Instant began,
            Instant ended,
            double seconds,
            double longest,
            long bytes,
            WaitedFor.@Nullable Side waitedFor,
            @Nullable Double waited,
            @Nullable String backup,
            @Nullable String failure,
            @Nullable String text)
            implements ApiModel.Body {

        static HistoryJob of(HistoryEntry entry) {
            WaitedFor waited = entry.waitedFor();
            return new HistoryJob(
                    entry.database(),
                    entry.source(),
                    entry.type(),
                    entry.origin(),
                    entry.outcome(),
                    entry.count(),
                    entry.due(),
                    entry.began(),
                    entry.ended(),
                    entry.took().toMillis() / 1000.0,
                    entry.longest().toMillis() / 1000.0,
                    entry.bytes(),
                    waited == null ? null : waited.side(),
                    waited == null ? null : waited.stripes().toMillis() / 1000.0,
                    entry.backup(),
                    entry.failure(),
                    entry.text());
        }
    }

    /// @param first a day in UTC, as `last`, which is included
    record HistoryDays(String first, String last, List<HistoryTotals> totals, List<String> unreadable)
            implements ApiModel.Body {

        static HistoryDays of(LocalDate first, LocalDate last, HistoryReader.Totals totals) {
            return new HistoryDays(
                    first.toString(),
                    last.toString(),
                    totals.totals().stream().map(HistoryTotals::of).toList(),
                    totals.unreadable());
        }
    }

    /// @param good    full and differential backups; `failed`, `seconds` and `bytes` are theirs too
    record HistoryTotals(
            String database,
            String day,
            int good,
            int failed,
            double seconds,
            long bytes,
            int logs,
            int logsFailed,
            int othersFailed)
            implements ApiModel.Body {

        static HistoryTotals of(DayTotals totals) {
            return new HistoryTotals(
                    totals.database(),
                    totals.day().toString(),
                    totals.good(),
                    totals.failed(),
                    totals.took().toMillis() / 1000.0,
                    totals.bytes(),
                    totals.logs(),
                    totals.logsFailed(),
                    totals.othersFailed());
        }
    }
}
