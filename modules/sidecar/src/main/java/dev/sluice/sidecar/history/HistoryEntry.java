package dev.sluice.sidecar.history;

import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A job that is over, or several that differ in nothing but their times and sizes.
///
/// Times are by the clock of the machine that ran the job, in whole milliseconds.
///
/// @param database  of the job; of a restore, the one that was restored
/// @param source    whose backups were read, where that is another database; null otherwise
/// @param count     how many jobs; those of a sum ended within the same UTC day
/// @param due       since when it was to run: by the table, or since it was asked for; null when that is not known, and
///                  of a sum
/// @param began     the first of them, from its turn on; when it ended, if it never had its turn
/// @param ended     the last of them
/// @param took      from turn to end, summed up
/// @param longest   the longest of them; the same as `took` for one job
/// @param bytes     taken from SQL Server or given to it, or read again
/// @param waitedFor null when no byte flowed
/// @param backup    id of the backup that was taken, verified, or with which a drill began; null when there is none,
///                  and of a sum
/// @param failure   the failure's id; null without a failure
/// @param text      what failed, or what a person should know of it; of a sum, that of the last job; null for nothing
public record HistoryEntry(
        String database,
        @Nullable String source,
        JobType type,
        JobOrigin origin,
        JobOutcome outcome,
        int count,
        @Nullable Instant due,
        Instant began,
        Instant ended,
        Duration took,
        Duration longest,
        long bytes,
        @Nullable WaitedFor waitedFor,
        @Nullable String backup,
        @Nullable String failure,
        @Nullable String text) {

    /// The longest text that is kept, in characters. Of a longer one both ends stay: a failure begins with SQL
    /// Server's messages and ends with the bucket's.
    static final int LONGEST_TEXT = 600;

    private static final int BEGINNING = 350;

    public HistoryEntry {
        if (count < 1 || bytes < 0 || took.isNegative() || longest.isNegative()) {
            throw new IllegalArgumentException("No job has a count, size or duration below zero");
        }
        due = due == null ? null : due.truncatedTo(ChronoUnit.MILLIS);
        began = began.truncatedTo(ChronoUnit.MILLIS);
        ended = ended.truncatedTo(ChronoUnit.MILLIS);
        took = took.truncatedTo(ChronoUnit.MILLIS);
        longest = longest.truncatedTo(ChronoUnit.MILLIS);
        text = text == null || text.isEmpty() ? null : shortened(text);
    }

    private static String shortened(String text) {
        if (text.codePointCount(0, text.length()) <= LONGEST_TEXT) {
            return text;
        }
        int end = text.offsetByCodePoints(0, BEGINNING);
        int begin = text.offsetByCodePoints(text.length(), -(LONGEST_TEXT - BEGINNING - 3));
        return text.substring(0, end) + " … " + text.substring(begin);
    }

    /// How it ended, in the word of the objects and of answers.
    public String outcomeText() {
        return HistoryLines.text(outcome);
    }

    /// As JSON: members by name, those without a value left out.
    public Map<String, Object> members() {
        return HistoryLines.members(this);
    }

    /// Whether it did not do what it was to do. A job that was cancelled or left out did not fail.
    public boolean isFailed() {
        return outcome == JobOutcome.FAILED || outcome == JobOutcome.UNCONFIRMED;
    }

    /// Whether it needs no entry of its own: a policy takes log backups by the hundred.
    boolean isRoutine() {
        return type == JobType.LOG && origin == JobOrigin.SCHEDULE && outcome == JobOutcome.GOOD;
    }
}
