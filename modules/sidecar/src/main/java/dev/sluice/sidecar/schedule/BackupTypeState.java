package dev.sluice.sidecar.schedule;

import dev.sluice.catalog.BackupType;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One type of backup of one database: what was taken last, and what went wrong since.
///
/// **Threading:** the schedule's.
final class BackupTypeState {

    private static final Duration FIRST_BACK_OFF = Duration.ofSeconds(30);

    /// A log backup's delay is data that can be lost; a full backup's failure may have cost hours.
    private static final Duration LOG_BACK_OFF = Duration.ofMinutes(5);

    private static final Duration DATA_BACK_OFF = Duration.ofHours(1);

    final BackupType type;

    /// When the last backup began that makes the next one due by the table; null before the first.
    @Nullable
    Instant served;

    /// When the table was changed last with nothing due; null when never.
    @Nullable
    Instant edited;

    /// When the next one is due; null when none is.
    @Nullable
    Instant due;

    /// Since when one is wanted independently of the table; null when none is.
    @Nullable
    Instant wanted;

    /// Why one is wanted.
    String reason = "";

    /// Which due time was told as paused; null for none.
    private @Nullable Instant told;

    private int failures;
    private @Nullable Instant notBefore;

    BackupTypeState(BackupType type) {
        this.type = type;
    }

    /// From which time on one may start; null when none is due.
    @Nullable
    Instant startable() {
        Instant since = due;
        Instant earliest = notBefore;
        return since == null || earliest == null || since.isAfter(earliest) ? since : earliest;
    }

    /// Whether what is due since then was not told as paused before.
    boolean isNewlyPaused(Instant since) {
        boolean news = !since.equals(told);
        told = since;
        return news;
    }

    void serve(Instant began) {
        if (served == null || began.isAfter(served)) {
            served = began;
        }
    }

    /// @return whether this is a new wish
    boolean want(Instant now, String why) {
        if (wanted != null) {
            return false;
        }
        wanted = now;
        reason = why;
        return true;
    }

    /// A backup that began then has done what was wanted; one that had begun before it was wanted may not.
    void satisfy(Instant began) {
        if (wanted != null && !began.isBefore(wanted)) {
            unwant();
        }
    }

    void unwant() {
        wanted = null;
        reason = "";
    }

    void succeeded() {
        failures = 0;
        notBefore = null;
    }

    void failed(Instant now) {
        failures++;
        Duration longest = type == BackupType.LOG ? LOG_BACK_OFF : DATA_BACK_OFF;
        Duration pause = FIRST_BACK_OFF.multipliedBy(1L << Math.min(failures - 1, 10));
        notBefore = now.plus(pause.compareTo(longest) < 0 ? pause : longest);
    }

    int failures() {
        return failures;
    }
}
