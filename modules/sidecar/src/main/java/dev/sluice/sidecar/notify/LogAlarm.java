package dev.sluice.sidecar.notify;

import dev.sluice.engine.sql.LogSpace;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Decides when one receiver hears that a log is nearly full, and that it is no longer.
///
/// A log is nearly full when two looks in a row find it at its bound: one look alone may meet it in the
/// moment before a log backup truncates it. It has room again when five looks in a row find it 10 percent below the
/// bound, and less of it is used than was: the percentage is of the file as it is, and also falls when a log that
/// gets ever longer makes its file grow. For an hour after that nothing is told of the log, so that one that fills
/// and drains with each backup is not told each time.
///
/// A database has one notification under way at most, and the receiver has a quarter of its outbox's room:
/// hundreds of logs that fill at once leave room for failures, and are told one look after the other. What was
/// lost becomes due again after 5 minutes, and later ever more seldom, up to an hour.
///
/// **Threading:** any thread.
final class LogAlarm {

    private static final int ROOM_AGAIN = 10;
    private static final Duration QUIET = Duration.ofHours(1);

    private static final int FULL_LOOKS = 2;
    private static final int ROOM_LOOKS = 5;
    private static final int ABSENT_LOOKS = 5;
    private static final int MOST_UNDER_WAY = 64;

    /// Looks that are farther apart are not in a row. They are a minute apart, and more where there are many
    /// databases or the bucket is slow.
    private static final Duration IN_A_ROW = Duration.ofMinutes(10);

    private static final Doubling AFTER_LOSS = new Doubling(Duration.ofMinutes(5), Duration.ofHours(1));

    private final int bound;
    private final Map<String, Log> logs = new HashMap<>(); // guarded by this
    private final Set<String> underWay = new HashSet<>(); // guarded by this
    private Instant last = Instant.MIN; // guarded by this

    /// One log, as the receiver knows it.
    private static final class Log {
        private int highLooks;
        private int roomLooks;
        private int absentLooks;
        private @Nullable Instant toldFull; // delivered or under way
        private boolean knownFull; // delivered
        private long mostUsed; // in KB, since it was told
        private int losses;
        private boolean lostJustNow;
        private Instant notBefore = Instant.MIN;

        void beginAnew() {
            highLooks = 0;
            roomLooks = 0;
        }
    }

    /// What is news.
    ///
    /// @param full whether it is nearly full; otherwise it has room again
    record News(LogSpace.Usage usage, boolean full) {}

    /// @param bound in percent
    LogAlarm(int bound) {
        this.bound = bound;
    }

    /// Each news is under way from here on, until [#settled].
    ///
    /// @param usages of the databases that this receiver hears of
    synchronized List<News> seen(List<LogSpace.Usage> usages, Instant now) {
        if (now.isAfter(last.plus(IN_A_ROW))) {
            logs.values().forEach(Log::beginAnew);
        }
        forgetAbsent(usages);
        last = now;
        List<News> news = new ArrayList<>();
        for (LogSpace.Usage usage : usages) {
            Log log = logs.computeIfAbsent(usage.database(), _ -> new Log());
            look(log, usage, now);
            if (underWay.contains(usage.database())
                    || underWay.size() >= MOST_UNDER_WAY
                    || now.isBefore(log.notBefore)) {
                continue;
            }
            if (isNewsFull(log, now)) {
                log.toldFull = now;
                log.mostUsed = usage.usedKilobytes();
                news.add(new News(usage, true));
                underWay.add(usage.database());
            } else if (log.toldFull != null && log.roomLooks >= ROOM_LOOKS && isLess(usage, log)) {
                log.toldFull = null;
                log.notBefore = now.plus(QUIET);
                news.add(new News(usage, false));
                underWay.add(usage.database());
            }
        }
        return news;
    }

    /// One that is absent may be offline for a moment. After five looks it is gone, or another receiver's.
    private void forgetAbsent(List<LogSpace.Usage> usages) {
        Set<String> there = usages.stream().map(LogSpace.Usage::database).collect(Collectors.toSet());
        logs.entrySet().removeIf(each -> {
            Log log = each.getValue();
            if (there.contains(each.getKey())) {
                log.absentLooks = 0;
                return false;
            }
            log.beginAnew();
            return ++log.absentLooks >= ABSENT_LOOKS;
        });
    }

    private void look(Log log, LogSpace.Usage usage, Instant now) {
        log.highLooks = usage.percent() >= bound ? log.highLooks + 1 : 0;
        log.roomLooks = usage.percent() <= bound - ROOM_AGAIN ? log.roomLooks + 1 : 0;
        log.mostUsed = Math.max(log.mostUsed, usage.usedKilobytes());
        if (log.lostJustNow) {
            log.lostJustNow = false;
            log.notBefore = now.plus(AFTER_LOSS.after(log.losses));
        }
    }

    private static boolean isNewsFull(Log log, Instant now) {
        return log.highLooks >= FULL_LOOKS
                && (log.toldFull == null || !now.isBefore(log.toldFull.plus(RepeatFilter.AGAIN)));
    }

    /// By a tenth at least, for a log in use is never still.
    private static boolean isLess(LogSpace.Usage usage, Log log) {
        return usage.usedKilobytes() * 10 <= log.mostUsed * 9;
    }

    /// What became of the news of a database.
    ///
    /// @param delivered whether the receiver knows it
    synchronized void settled(String database, boolean full, boolean delivered) {
        underWay.remove(database);
        Log log = logs.get(database);
        if (log == null) {
            return;
        }
        if (delivered) {
            log.losses = 0;
            log.knownFull = full;
            return;
        }
        log.losses++;
        log.lostJustNow = true;
        if (!full) {
            log.toldFull = last; // the receiver still believes in the trouble, and is to hear of its end
        } else if (!log.knownFull) {
            log.toldFull = null;
        }
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
