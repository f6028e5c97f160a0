package dev.sluice.sidecar.pause;

import dev.sluice.catalog.PauseDocument;
import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.catalog.PauseDocument.Work;
import dev.sluice.sidecar.config.Units;
import dev.sluice.sidecar.schedule.DatabasePattern;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A pause, whose patterns are understood.
///
/// @param patterns of a pause of databases; empty for every other
public record Pause(PauseDocument document, List<DatabasePattern> patterns) {

    public Pause {
        patterns = List.copyOf(patterns);
    }

    /// **Errors:** [IllegalArgumentException] when a pattern is none, or the patterns take no database.
    public static Pause of(PauseDocument document) {
        if (!(document.scope() instanceof Scope.Databases(List<String> texts))) {
            return new Pause(document, List.of());
        }
        List<DatabasePattern> patterns =
                texts.stream().map(DatabasePattern::parse).toList();
        if (patterns.stream().allMatch(DatabasePattern::negated)) {
            throw new IllegalArgumentException("these patterns take no database: there is none without '!'");
        }
        return new Pause(document, patterns);
    }

    public String id() {
        return document.pauseId();
    }

    public Instant until() {
        return document.until();
    }

    /// Whether it keeps this work on a database from starting, as long as it has not ended.
    ///
    /// @param policy the name of the policy that takes the database; null when it has none
    public boolean covers(String database, @Nullable String policy, Work work) {
        return document.isOf(work)
                && switch (document.scope()) {
                    case Scope.Databases _ -> DatabasePattern.matches(patterns, database);
                    case Scope.Policy(String name) -> name.equals(policy);
                    case Scope.Everything _ -> true;
                };
    }

    /// Whether it is about just these databases, this policy, or everything. Case does not matter in patterns,
    /// and neither does their order as long as none takes away.
    public boolean isAbout(Scope scope) {
        if (scope instanceof Scope.Databases(List<String> texts)) {
            List<DatabasePattern> others =
                    texts.stream().map(DatabasePattern::parse).toList();
            boolean ordered = patterns.stream().anyMatch(DatabasePattern::negated);
            return ordered ? patterns.equals(others) : new HashSet<>(patterns).equals(new HashSet<>(others));
        }
        return document.scope().equals(scope);
    }

    /// Whose work is paused, in words.
    public String scopeText() {
        return switch (document.scope()) {
            case Scope.Databases(List<String> texts) -> String.join(", ", texts);
            case Scope.Policy(String name) -> "policy " + name;
            case Scope.Everything _ -> "every database";
        };
    }

    /// Which work is paused, in words.
    public String workText() {
        return document.types().isEmpty()
                ? "everything that a schedule starts"
                : document.types().stream().sorted().map(Work::text).collect(Collectors.joining(", "));
    }

    /// Checks the end of a pause before there is one.
    ///
    /// **Errors:** [IllegalArgumentException] when it is past, or later than a pause may last.
    ///
    /// @return the end
    public static Instant checkedEnd(Instant until, Instant now) {
        if (!until.isAfter(now)) {
            throw new IllegalArgumentException("the pause would have ended at %s already".formatted(until));
        }
        if (until.isAfter(now.plus(PauseDocument.LONGEST))) {
            throw new IllegalArgumentException(
                    "a pause lasts at most 30 days, and this one would end at %s".formatted(until));
        }
        return until;
    }

    /// The end of a pause that lasts so long, as people write it: `2h`, `1h30m`.
    ///
    /// **Errors:** as [#checkedEnd], and for what is no duration.
    public static Instant endAfter(String duration, Instant now) {
        Duration length = Units.duration(duration);
        if (length.compareTo(PauseDocument.LONGEST) > 0) {
            throw new IllegalArgumentException("a pause lasts at most 30 days, and this one would last " + duration);
        }
        return checkedEnd(now.plus(length), now);
    }
}
