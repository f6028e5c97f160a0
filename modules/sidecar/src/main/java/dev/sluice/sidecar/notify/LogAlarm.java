package dev.sluice.sidecar.notify;

import dev.sluice.engine.sql.LogSpace;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// Decides when one receiver hears that a log is nearly full, and that it is no longer.
///
/// A log is nearly full when two looks in a row find it at its bound: one look alone may meet it in the
/// moment before a log backup truncates it. It has room again 10 percent below the bound, so that one that
/// stays about there is told once.
///
/// **Threading:** one thread at a time; the [RepeatFilter] may be asked on others.
final class LogAlarm {

    static final int ROOM_AGAIN = 10;

    private static final String TROUBLE = "log-full";

    private final int bound;
    private final RepeatFilter repeats;
    private Set<String> high = Set.of();

    /// What is news.
    ///
    /// @param full whether it is nearly full; otherwise it has room again
    record News(LogSpace.Usage usage, boolean full) {}

    /// @param bound in percent
    LogAlarm(int bound, RepeatFilter repeats) {
        this.bound = bound;
        this.repeats = repeats;
    }

    static RepeatFilter.Subject subject(String database) {
        return new RepeatFilter.Subject(database, TROUBLE);
    }

    /// @param usages of the databases that this receiver hears of
    List<News> seen(List<LogSpace.Usage> usages, Instant now) {
        Set<String> before = high;
        high = usages.stream()
                .filter(usage -> usage.percent() >= bound)
                .map(LogSpace.Usage::database)
                .collect(Collectors.toCollection(HashSet::new));
        return usages.stream()
                .filter(usage -> isNews(usage, before.contains(usage.database()), now))
                .map(usage -> new News(usage, usage.percent() >= bound))
                .toList();
    }

    private boolean isNews(LogSpace.Usage usage, boolean wasHigh, Instant now) {
        if (usage.percent() >= bound) {
            return wasHigh && repeats.isNews(subject(usage.database()), TROUBLE, now);
        }
        return usage.percent() <= bound - ROOM_AGAIN && repeats.isWellAgain(subject(usage.database()));
    }

    /// What to do about what keeps the log from being truncated.
    static String remedy(String reuseWait) {
        return switch (reuseWait) {
            case "LOG_BACKUP" ->
                "Take a log backup, and see why the last one is so old: `sluice list`, `sluice history`.";
            case "ACTIVE_BACKUP_OR_RESTORE" ->
                "A data backup holds the log until it ends; limits.log-percent ends it before the log is full.";
            case "ACTIVE_TRANSACTION" ->
                "End the oldest transaction, which DBCC OPENTRAN names; no backup truncates the log before.";
            case "NOTHING", "CHECKPOINT", "" -> "Let the log file grow, or make it larger.";
            default ->
                "See in SQL Server's documents what ends %s, and let the log file grow meanwhile.".formatted(reuseWait);
        };
    }
}
