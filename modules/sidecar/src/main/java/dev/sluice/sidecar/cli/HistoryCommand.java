package dev.sluice.sidecar.cli;

import dev.sluice.engine.run.Environment;
import dev.sluice.sidecar.config.Units;
import dev.sluice.sidecar.history.HistoryEntry;
import dev.sluice.sidecar.history.HistoryPage;
import dev.sluice.sidecar.history.HistoryQuery;
import dev.sluice.sidecar.history.HistoryReader;
import dev.sluice.sidecar.history.JobType;
import dev.sluice.sidecar.report.HistoryDisplay;
import dev.sluice.sidecar.report.Output;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Shows the jobs of `serve` that are over.
@Command(
        name = "history",
        description = {
            "Shows what `sluice serve` has run: when, for how long, waiting for what, and how it ended; the newest last."
                    + " Good log backups of policies are summed up for each hour. SQL Server need not be there.",
            "It reads the bucket, where `serve` stores a job within 30 seconds of its end, and one that is summed up within"
                    + " five minutes. `serve` itself answers GET /api/v1/history with both at once.",
            "Exit code 3 when a part of the history cannot be read."
        })
final class HistoryCommand implements Callable<Integer> {

    private static final int MOST = 100_000;

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Parameters(
            paramLabel = "DB",
            arity = "0..*",
            description = "Only of these databases: names, or patterns as in a policy ('Sales*' '!SalesStaging').")
    List<String> databases = List.of();

    @Option(
            names = "--since",
            paramLabel = "WHEN",
            description = "Jobs that ended since then: so long ago (7d, 12h), an instant (2026-11-30T12:00:00Z), or a"
                    + " date in UTC. Default: 7d.")
    String since = "7d";

    @Option(
            names = "--until",
            paramLabel = "WHEN",
            description =
                    "Jobs that ended before then, written in the same way; a date includes that day. Default: now.")
    @Nullable
    String until;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            split = ",",
            description = "Only these: full, differential, log, restore, verification, drill.")
    Set<JobType> types = EnumSet.allOf(JobType.class);

    @Option(names = "--failed", description = "Only jobs that failed, and backups whose verdict was lost.")
    boolean failed;

    @Option(names = "--limit", paramLabel = "N", description = "The newest so many lines. Default: 500.")
    int limit = 500;

    HistoryCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Instant now = Instant.now();
        HistoryQuery query = query(now);
        Environment env = shutdown.guard(target.start(common.config)).environment();
        HistoryPage page = new HistoryReader(env.store(), env.catalog().keys()).find(query);
        show(page, common.output());
        return page.unreadable().isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
    }

    /// **Errors:** [UsageError].
    HistoryQuery query(Instant now) {
        if (limit < 1 || limit > MOST) {
            throw new UsageError("--limit takes 1 to %s".formatted(MOST), "Say --since and --type to ask for less.");
        }
        Instant from = instant("--since", since, now, false);
        Instant to = until == null ? now.plusSeconds(1) : instant("--until", until, now, true);
        if (!from.isBefore(to)) {
            throw new UsageError("--since %s is not before --until".formatted(since), "Exchange them.");
        }
        Predicate<String> wanted = databases.isEmpty() ? _ -> true : new NamedDatabases(databases, false)::matches;
        return new HistoryQuery(wanted, from, to, types, failed, limit);
    }

    /// @param end whether a date stands for its end
    private static Instant instant(String option, String text, Instant now, boolean end) {
        try {
            if (text.matches("(\\d+(s|m|h|d))+")) {
                return now.minus(Units.duration(text));
            }
            return text.contains("T")
                    ? OffsetDateTime.parse(text).toInstant()
                    : LocalDate.parse(text)
                            .plusDays(end ? 1 : 0)
                            .atStartOfDay(ZoneOffset.UTC)
                            .toInstant();
        } catch (DateTimeException | ArithmeticException | IllegalArgumentException e) {
            throw new UsageError(
                    "%s '%s' is neither a time ago, nor an instant, nor a date".formatted(option, text),
                    "Say %s 7d, %s 2026-11-30, or %s 2026-11-30T12:00:00Z.".formatted(option, option, option));
        }
    }

    private void show(HistoryPage page, Output output) {
        List<HistoryEntry> entries = page.entries().reversed();
        if (page.more()) {
            output.notice("sluice: these are the newest %s lines; --limit, --since and --type say which others"
                    .formatted(entries.size()));
        }
        if (entries.isEmpty()) {
            output.tell("No jobs in this time.");
        } else {
            output.tell(HistoryDisplay.HEAD);
        }
        entries.stream().map(HistoryDisplay::line).forEach(output::tell);
        page.unreadable().forEach(what -> output.notice("sluice: " + what));
        if (until == null) {
            output.notice(asOf(page.stored()));
        }
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("jobs", entries.stream().map(HistoryEntry::members).toList());
        document.put("more", page.more());
        document.put("unreadable", page.unreadable());
        document.put("stored", page.stored() == null ? null : page.stored().toString());
        output.document(document);
    }

    /// A job that has ended a moment ago is not there yet, and its user must not take it for lost.
    private static String asOf(@Nullable Instant stored) {
        return "sluice: %s; a running `serve` stores a job within 30 seconds of its end, and log backups within five minutes"
                .formatted(
                        stored == null
                                ? "the bucket has nothing of this time"
                                : "as it was stored at " + stored.truncatedTo(ChronoUnit.SECONDS));
    }
}
