package dev.sluice.catalog;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Says that scheduled work on some databases does not start until an instant.
///
/// A pause always has an end, and no pause is long: a forgotten one would cost backups.
///
/// @param sluiceVersion the program that wrote it
/// @param pauseId       a ULID
/// @param server        the configured identity
/// @param scope         whose work
/// @param types         which work; empty for all of it
/// @param pausedAt      when a person entered it, by the clock of that machine
/// @param until         when it ends, by the clock of the machine that runs the schedule
/// @param reason        the person's words; null for none
public record PauseDocument(
        String sluiceVersion,
        String pauseId,
        String server,
        Scope scope,
        Set<Work> types,
        Instant pausedAt,
        Instant until,
        @Nullable String reason) {

    /// The longest pause.
    public static final Duration LONGEST = Duration.ofDays(30);

    /// How far the clock of the machine where a person enters a pause may be ahead of the clock of the one that
    /// reads it.
    public static final Duration TOLERANCE = Duration.ofHours(1);

    /// The longest reason.
    public static final int LONGEST_REASON = 1_000;

    /// The most patterns of one pause.
    public static final int MOST_PATTERNS = 1_000;

    /// What a schedule starts.
    public enum Work {
        FULL,
        DIFFERENTIAL,
        LOG,
        /// A restore drill.
        DRILL,
        VERIFICATION;

        /// In the document, in answers and on the command line.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /// The work that takes a backup of this type.
        public static Work of(BackupType type) {
            return switch (type) {
                case FULL -> FULL;
                case DIFFERENTIAL -> DIFFERENTIAL;
                case LOG -> LOG;
            };
        }
    }

    /// Whose work is paused.
    public sealed interface Scope {

        /// Databases, by patterns as a policy writes them.
        ///
        /// @param patterns at least one
        record Databases(List<String> patterns) implements Scope {
            public Databases {
                patterns = List.copyOf(patterns);
                if (patterns.isEmpty() || patterns.size() > MOST_PATTERNS) {
                    throw new IllegalArgumentException("a pause of databases has 1 to 1000 patterns");
                }
            }
        }

        /// The databases of the policy that has this name.
        record Policy(String name) implements Scope {}

        /// Every database of this identity.
        record Everything() implements Scope {}
    }

    public PauseDocument {
        types = Set.copyOf(types);
        if (!Ulid.isUlid(pauseId)) {
            throw new IllegalArgumentException("the id of a pause is a ULID");
        }
        if (!until.isAfter(pausedAt) || until.isAfter(pausedAt.plus(LONGEST))) {
            throw new IllegalArgumentException("a pause ends after it began, and within 30 days");
        }
        if (reason != null && (reason.isBlank() || reason.length() > LONGEST_REASON)) {
            throw new IllegalArgumentException("a reason has 1 to 1000 characters");
        }
    }

    /// Whether the pause has not ended at this instant.
    public boolean isInForce(Instant now) {
        return until.isAfter(now);
    }

    /// Whether it says that a person enters it later than now. Without this check the clock of one machine, or
    /// another program, could pause backups for years.
    public boolean isAhead(Instant now) {
        return pausedAt.isAfter(now.plus(TOLERANCE));
    }

    /// Whether it is about this work.
    public boolean isOf(Work work) {
        return types.isEmpty() || types.contains(work);
    }

    /// In a few words, for the reason why a backup does not start.
    public String text() {
        return "paused until %s%s".formatted(until, reason == null ? "" : ": " + PrintableText.text(reason));
    }
}
