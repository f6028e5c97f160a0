package dev.sluice.engine.fleet;

import dev.sluice.catalog.Summaries.StoredSummary;
import dev.sluice.catalog.SummaryDocument;
import dev.sluice.catalog.SummaryDocument.Condition;
import dev.sluice.catalog.SummaryDocument.Database;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One server of a fleet, or the replicas of an availability group that share an identity.
///
/// @param directory its directory below the prefix, which is its identity unless that has odd characters
/// @param life      whether a sidecar of it is heard of
/// @param seen      when a sidecar of it wrote last, by the bucket's clock; null when that is not known
/// @param summary   the last that it wrote; null when no summary could be read
/// @param databases the worst first; of several replicas, see [ReplicaSummaries]
/// @param omitted   how many further databases found no room in the summaries
/// @param condition the worst of its own and of its databases'
/// @param problems  what is wrong with the server itself, in sentences
public record FleetServer(
        String directory,
        Life life,
        @Nullable Instant seen,
        @Nullable SummaryDocument summary,
        List<Database> databases,
        int omitted,
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
        /// There is none, and backups are: by commands alone, or by a Sluice that wrote none yet. Or the bucket does
        /// not tell how old it is.
        UNKNOWN,
        ALIVE;

        /// As it is written for people and programs.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public FleetServer {
        databases = List.copyOf(databases);
        problems = List.copyOf(problems);
    }

    /// Its identity, or the name of its directory as long as that is all that is known.
    public String server() {
        return summary == null ? directory : summary.server();
    }

    /// How many of its databases are in this condition.
    public int count(Condition condition) {
        int count = 0;
        for (Database database : databases) {
            if (database.condition() == condition) {
                count++;
            }
        }
        return count;
    }

    /// How many of its databases cannot be restored at all.
    public int unrestorable() {
        return (int)
                databases.stream().filter(database -> database.latest() == null).count();
    }

    /// Until when all of its databases can be restored: the recovery point of the one that is furthest behind. Empty
    /// when one of them cannot be restored at all, or was left out of the summary.
    public Optional<Instant> latest() {
        if (omitted > 0 || unrestorable() > 0) {
            return Optional.empty();
        }
        return databases.stream().map(Database::latest).filter(Objects::nonNull).min(Comparator.naturalOrder());
    }

    /// The last restore drill of any of its databases.
    public Optional<SummaryDocument.Drill> drill() {
        return databases.stream()
                .map(Database::drill)
                .filter(Objects::nonNull)
                .max(Comparator.comparing(SummaryDocument.Drill::finishedAt));
    }

    static FleetServer unknown(String directory) {
        return withoutSummary(
                directory,
                Life.UNKNOWN,
                "It has backups, and no sign of life is known: no `sluice serve` that writes one runs there.");
    }

    static FleetServer unreadable(String directory, String why) {
        return withoutSummary(directory, Life.UNREADABLE, unreadable(why));
    }

    private static String unreadable(String why) {
        return "Its summary is unreadable: " + why;
    }

    private static FleetServer withoutSummary(String directory, Life life, String problem) {
        return new FleetServer(directory, life, null, null, List.of(), 0, Condition.ATTENTION, List.of(problem));
    }

    /// @param stored     one at least
    /// @param unreadable why further summaries cannot be read
    /// @param now        by the bucket's clock
    static FleetServer of(String directory, List<StoredSummary> stored, List<String> unreadable, Instant now) {
        ReplicaSummaries replicas = new ReplicaSummaries(stored, now);
        Findings findings = new Findings(now, stored.size() > 1);
        stored.forEach(findings::of);
        unreadable.forEach(why -> findings.attention.add(unreadable(why)));
        List<Database> databases = replicas.databases();
        int omitted = replicas.omitted();
        if (omitted > 0) {
            findings.attention.add(
                    String.format(Locale.ROOT, "%d more databases found no room in its summary.", omitted));
        }
        if (databases.isEmpty()
                && stored.stream().allMatch(one -> one.document().unmet().isEmpty())) {
            findings.attention.add("No policy takes a database.");
        }
        Condition own = findings.condition();
        Condition worst = databases.stream()
                .map(Database::condition)
                .min(Comparator.naturalOrder())
                .filter(condition -> condition.compareTo(own) < 0)
                .orElse(own);
        StoredSummary last = replicas.last();
        return new FleetServer(
                directory,
                last.modified() == null ? Life.UNKNOWN : isSilent(last, now) ? Life.SILENT : Life.ALIVE,
                last.modified(),
                last.document(),
                databases,
                omitted,
                worst,
                findings.problems());
    }

    /// Whether a summary is too old. One whose age the bucket does not tell is not.
    static boolean isSilent(StoredSummary stored, Instant now) {
        Duration patience = stored.document().interval().multipliedBy(INTERVALS);
        return stored.modified() != null && stored.modified().plus(patience).isBefore(now);
    }

    /// What is wrong with sidecars and their SQL Servers, in sentences.
    private static final class Findings {
        private final Instant now;
        private final boolean several;
        private final List<String> failing = new ArrayList<>();
        private final List<String> attention = new ArrayList<>();

        /// @param several whether each has to be named
        Findings(Instant now, boolean several) {
            this.now = now;
            this.several = several;
        }

        void of(StoredSummary stored) {
            SummaryDocument summary = stored.document();
            String name = summary.identity().name();
            String sidecar = several ? "The sidecar of " + name : "Its sidecar";
            boolean ended = summary.unmet().contains("accepting");
            if (stored.modified() == null) {
                attention.add("%s may be silent: the bucket does not tell when %s was written."
                        .formatted(sidecar, stored.key()));
            } else if (isSilent(stored, now)) {
                failing.add((ended
                                        ? "%s ended at %s and has not begun again; backups are not taken."
                                        : "%s has given no sign of life since %s: whether backups are taken is not known.")
                                .formatted(sidecar, stored.modified())
                        + (several ? " If that server is gone for good, delete %s.".formatted(stored.key()) : ""));
            } else if (ended) {
                attention.add("%s is ending or has ended: it said so at %s.".formatted(sidecar, stored.modified()));
            }
            for (String check : summary.unmet()) {
                switch (check) {
                    case "accepting" -> {
                        // Told above.
                    }
                    case "sql" ->
                        failing.add((several ? "The SQL Server " + name : "Its SQL Server") + " does not answer.");
                    case "storage" ->
                        failing.add("The bucket does not answer "
                                + (several ? "the sidecar of %s.".formatted(name) : "its sidecar."));
                    case "recovered" ->
                        attention.add("`recover` is not through%s, so no backup begins."
                                .formatted(several ? " on " + name : ""));
                    default -> attention.add("%s says that '%s' is not well.".formatted(sidecar, check));
                }
            }
        }

        Condition condition() {
            return !failing.isEmpty() ? Condition.FAILING : attention.isEmpty() ? Condition.WELL : Condition.ATTENTION;
        }

        List<String> problems() {
            List<String> problems = new ArrayList<>(failing);
            problems.addAll(attention);
            return problems;
        }
    }
}
