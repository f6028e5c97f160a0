package dev.sluice.sidecar.cli;

import dev.sluice.engine.retention.KeepRule;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// A rule that the command line says in the place of the policies'.
final class KeepOptions {

    @Option(
            names = "--keep-full",
            paramLabel = "N",
            description =
                    "Keep the newest N full backups with everything that rests on them, whatever the policy says.")
    @Nullable
    Integer full;

    @Option(
            names = "--keep-days",
            paramLabel = "N",
            description = "Keep every moment of the last N days, whatever the policy says.")
    @Nullable
    Integer days;

    @Option(
            names = "--keep-weeks",
            paramLabel = "N",
            description = "Keep the last full backup of each of the newest N weeks that have one, whatever the policy"
                    + " says. Weeks, months and years are those of the policy's time zone.")
    @Nullable
    Integer weeks;

    @Option(
            names = "--keep-months",
            paramLabel = "N",
            description = "Keep the last full backup of each of the newest N months that have one, whatever the policy"
                    + " says.")
    @Nullable
    Integer months;

    @Option(
            names = "--keep-years",
            paramLabel = "N",
            description = "Keep the last full backup of each of the newest N years that have one, whatever the policy"
                    + " says.")
    @Nullable
    Integer years;

    /// Whether there is a rule.
    ///
    /// **Errors:** [UsageError] when one of its numbers keeps nothing.
    boolean areSaid() {
        said().filter(number -> number < 1).findFirst().ifPresent(number -> {
            throw new UsageError(String.format(Locale.ROOT, "%d keeps nothing", number), "Say 1 or more.");
        });
        return said().findAny().isPresent();
    }

    private Stream<Integer> said() {
        return Stream.of(full, days, weeks, months, years).filter(Objects::nonNull);
    }

    /// @param zone of the database's policy
    KeepRule rule(ZoneId zone) {
        return new KeepRule(full, days, weeks, months, years, zone);
    }
}
