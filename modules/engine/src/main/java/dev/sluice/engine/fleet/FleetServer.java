package dev.sluice.engine.fleet;

import dev.sluice.catalog.Summaries.StoredSummary;
import dev.sluice.catalog.SummaryDocument;
import dev.sluice.catalog.SummaryDocument.Condition;
import dev.sluice.catalog.SummaryDocument.Database;
import dev.sluice.catalog.SummaryDocument.OtherSidecar;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One server of a fleet.
///
/// @param directory its directory below the prefix, which is its identity unless that has odd characters
/// @param life      whether its sidecar is heard of
/// @param seen      when its sidecar wrote last, by the bucket's clock; null when no summary could be read
/// @param summary   what its sidecar said then; null when no summary could be read
/// @param condition the worst of its own and of its databases'
/// @param problems  what is wrong with the server itself, in sentences
public record FleetServer(
        String directory,
        Life life,
        @Nullable Instant seen,
        @Nullable SummaryDocument summary,
        Condition condition,
        List<String> problems) {

    /// A sidecar is silent when its summary is older than so many of the intervals that it promised itself: one may
    /// fail, and the next one comes a little late.
    public static final int INTERVALS = 3;

    /// The worst first; of the same condition, those that are not heard of, and then those with most that fails.
    static final Comparator<FleetServer> WORST_FIRST = Comparator.comparing(FleetServer::condition)
            .thenComparing(FleetServer::life)
            .thenComparingInt(server -> -server.count(Condition.FAILING))
            .thenComparing(FleetServer::server);

    /// Whether a sidecar is heard of.
    public enum Life {
        /// Its last sign of life is too long ago.
        SILENT,
        /// There is a summary, and it cannot be read.
        UNREADABLE,
        /// There is none, and backups are: by commands alone, or by a Sluice that wrote none yet.
        UNKNOWN,
        ALIVE;

        /// As it is written for people and programs.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public FleetServer {
        problems = List.copyOf(problems);
    }

    /// Its identity, or the name of its directory as long as that is all that is known.
    public String server() {
        return summary == null ? directory : summary.server();
    }

    /// Its databases, the worst first.
    public List<Database> databases() {
        return summary == null ? List.of() : summary.databases();
    }

    /// How many of its databases are in this condition.
    public int count(Condition condition) {
        return (int) databases().stream()
                .filter(database -> database.condition() == condition)
                .count();
    }

    /// Until when all of its databases can be restored that can be restored at all: the recovery point of the one that
    /// is furthest behind.
    public Optional<Instant> latest() {
        return databases().stream()
                .map(Database::latest)
                .filter(Objects::nonNull)
                .min(Comparator.naturalOrder());
    }

    /// The last restore drill of any of its databases.
    public Optional<SummaryDocument.Drill> drill() {
        return databases().stream()
                .map(Database::drill)
                .filter(Objects::nonNull)
                .max(Comparator.comparing(SummaryDocument.Drill::finishedAt));
    }

    static FleetServer unknown(String directory) {
        return new FleetServer(
                directory,
                Life.UNKNOWN,
                null,
                null,
                Condition.ATTENTION,
                List.of("It has backups, and no sign of life is known: no `sluice serve` that writes one runs there."));
    }

    static FleetServer unreadable(String directory, String why) {
        return new FleetServer(
                directory,
                Life.UNREADABLE,
                null,
                null,
                Condition.ATTENTION,
                List.of("Its summary is unreadable: " + why));
    }

    /// @param now by the bucket's clock
    static FleetServer of(String directory, StoredSummary stored, Instant now) {
        SummaryDocument summary = stored.document();
        List<String> failing = new ArrayList<>();
        List<String> attention = new ArrayList<>();
        boolean ended = summary.unmet().contains("accepting");
        boolean silent = isSilent(stored.modified(), summary.interval(), now);
        if (silent) {
            failing.add((ended
                            ? "Its sidecar ended at %s and has not begun again; backups are not taken."
                            : "Its sidecar has given no sign of life since %s: whether backups are taken is not known.")
                    .formatted(stored.modified()));
        } else if (ended) {
            attention.add("Its sidecar ended at %s.".formatted(stored.modified()));
        }
        for (String check : summary.unmet()) {
            switch (check) {
                case "accepting" -> {
                    // Told above.
                }
                case "sql" -> failing.add("Its SQL Server does not answer.");
                case "storage" -> failing.add("The bucket does not answer its sidecar.");
                case "recovered" -> attention.add("`recover` is not through, so no backup begins.");
                default -> attention.add("Its sidecar says that '%s' is not well.".formatted(check));
            }
        }
        for (OtherSidecar other : summary.others()) {
            if (isSilent(other.seenAt(), other.interval(), now)) {
                failing.add("The sidecar of its replica %s has given no sign of life since %s."
                        .formatted(other.identity().name(), other.seenAt()));
            }
        }
        if (summary.omitted() > 0) {
            attention.add(
                    String.format(Locale.ROOT, "%d more databases found no room in its summary.", summary.omitted()));
        }
        if (summary.databases().isEmpty() && summary.unmet().isEmpty()) {
            attention.add("No policy takes a database.");
        }
        Condition own =
                !failing.isEmpty() ? Condition.FAILING : attention.isEmpty() ? Condition.WELL : Condition.ATTENTION;
        Condition worst = summary.databases().stream()
                .map(Database::condition)
                .min(Comparator.naturalOrder())
                .filter(condition -> condition.compareTo(own) < 0)
                .orElse(own);
        failing.addAll(attention);
        return new FleetServer(
                directory, silent ? Life.SILENT : Life.ALIVE, stored.modified(), summary, worst, failing);
    }

    private static boolean isSilent(Instant seen, Duration interval, Instant now) {
        return seen.plus(interval.multipliedBy(INTERVALS)).isBefore(now);
    }
}
