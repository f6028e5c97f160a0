package dev.sluice.sidecar.report;

import dev.sluice.catalog.SummaryDocument;
import dev.sluice.catalog.SummaryDocument.Condition;
import dev.sluice.catalog.SummaryDocument.Database;
import dev.sluice.engine.fleet.Fleet;
import dev.sluice.engine.fleet.FleetDifference;
import dev.sluice.engine.fleet.FleetServer;
import dev.sluice.engine.run.Counted;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A fleet as a table, and for programs.
public final class FleetDisplay {

    private static final String FORM = "%-9s  %-24s  %-16s  %-22s  %-20s  %s";
    private static final String FURTHER = " ".repeat(11);

    /// Of a server's databases that are not well, so many are told in the table of all servers.
    private static final int DATABASES_TOLD = 3;

    /// What stands above the lines.
    public static final String HEAD =
            FORM.formatted("CONDITION", "SERVER", "SIGN OF LIFE", "DATABASES", "RESTORABLE UNTIL", "LAST DRILL");

    private FleetDisplay() {}

    /// What stands above all of it.
    ///
    /// @param place of the bucket
    public static String title(Fleet fleet, String place) {
        long databases = fleet.servers().stream()
                .mapToLong(server -> server.databases().size())
                .sum();
        return String.format(
                Locale.ROOT,
                "%s at %s: %s (%d failing, %d to look at), %s (%d failing, %d to look at).",
                place,
                fleet.at().truncatedTo(ChronoUnit.SECONDS),
                Counted.of(fleet.servers().size(), "server"),
                fleet.count(Condition.FAILING),
                fleet.count(Condition.ATTENTION),
                Counted.of(databases, "database"),
                fleet.databases(Condition.FAILING),
                fleet.databases(Condition.ATTENTION));
    }

    /// A server, and what is wrong with it.
    ///
    /// @param whole whether each of its databases has a line, too
    public static List<String> lines(FleetServer server, Instant now, boolean whole) {
        List<String> lines = new ArrayList<>();
        lines.add(FORM.formatted(
                        word(server.condition()),
                        server.server(),
                        life(server, now),
                        databases(server),
                        restorable(server),
                        server.drill()
                                .map(drill -> "%s, %s ago".formatted(word(drill), ago(drill.finishedAt(), now)))
                                .orElse("none"))
                .stripTrailing());
        server.problems().forEach(problem -> lines.add(FURTHER + problem));
        List<Database> told = server.databases().stream()
                .filter(database -> whole || database.condition() != Condition.WELL)
                .limit(whole ? Long.MAX_VALUE : DATABASES_TOLD)
                .toList();
        for (Database database : told) {
            lines.add(FURTHER + (whole ? "%-9s  ".formatted(word(database.condition())) : "") + line(database));
        }
        int wrong = server.count(Condition.FAILING) + server.count(Condition.ATTENTION);
        if (!whole && wrong > told.size()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%s%d more databases; --server %s tells all",
                    FURTHER,
                    wrong - told.size(),
                    server.server()));
        }
        return lines;
    }

    /// Until when all of its databases can be restored, or why there is no such moment.
    private static String restorable(FleetServer server) {
        int nothing = server.unrestorable();
        int all = server.databases().size();
        return server.latest()
                .map(latest -> latest.truncatedTo(ChronoUnit.SECONDS).toString())
                .orElseGet(() -> nothing == all && server.omitted() == 0
                        ? "nothing"
                        : nothing == 0 ? "not known of all" : String.format(Locale.ROOT, "%d not at all", nothing));
    }

    private static String line(Database database) {
        String window = database.latest() == null
                ? "nothing can be restored"
                : "from %s until %s".formatted(database.earliest(), database.latest());
        return "%s: %s%s"
                .formatted(
                        database.name(),
                        window,
                        database.problems().isEmpty() ? "" : ". " + String.join(" ", database.problems()));
    }

    private static String life(FleetServer server, Instant now) {
        Instant seen = server.seen();
        return switch (server.life()) {
            case SILENT -> "silent " + ago(seen, now);
            case ALIVE -> ago(seen, now) + " ago";
            case UNKNOWN, UNREADABLE -> server.life().text();
        };
    }

    private static String databases(FleetServer server) {
        if (server.summary() == null) {
            return "not known";
        }
        StringBuilder text = new StringBuilder().append(server.databases().size() + server.omitted());
        for (Condition condition : List.of(Condition.FAILING, Condition.ATTENTION)) {
            int count = server.count(condition);
            if (count > 0) {
                text.append(String.format(
                        Locale.ROOT, ", %d %s", count, condition == Condition.FAILING ? "failing" : "to look at"));
            }
        }
        return text.toString();
    }

    private static String ago(@Nullable Instant then, Instant now) {
        Duration age = then == null || then.isAfter(now) ? Duration.ZERO : Duration.between(then, now);
        if (age.toMinutes() < 2) {
            return String.format(Locale.ROOT, "%d s", age.toSeconds());
        }
        if (age.toHours() < 2) {
            return String.format(Locale.ROOT, "%d min", age.toMinutes());
        }
        return age.toHours() < 48
                ? String.format(Locale.ROOT, "%d h", age.toHours())
                : String.format(Locale.ROOT, "%d days", age.toDays());
    }

    /// A difference, in a line.
    public static String line(FleetDifference difference) {
        return "%s: %s%s: %s"
                .formatted(
                        difference.wrong() ? "ERROR" : "note",
                        difference.server(),
                        difference.database().isEmpty() ? "" : " " + difference.database(),
                        difference.text());
    }

    // ---- for programs ----

    /// The whole document but for its servers, which the caller adds as it wants them.
    ///
    /// @param place of the bucket
    public static Map<String, Object> document(Fleet fleet, String place) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("place", place);
        document.put("at", fleet.at().toString());
        document.put("servers", counts(fleet::count));
        document.put("databases", counts(fleet::databases));
        return document;
    }

    private interface Counting {
        long of(Condition condition);
    }

    private static Map<String, Object> counts(Counting counting) {
        Map<String, Object> counts = new LinkedHashMap<>();
        for (Condition condition : Condition.values()) {
            counts.put(word(condition), counting.of(condition));
        }
        return counts;
    }

    /// A server without its databases.
    public static Map<String, @Nullable Object> document(FleetServer server) {
        SummaryDocument summary = server.summary();
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("server", server.server());
        document.put("condition", word(server.condition()));
        document.put("life", server.life().text());
        document.put("seen", text(server.seen()));
        document.put("interval", summary == null ? null : summary.interval().toSeconds());
        document.put("version", summary == null ? null : summary.sluiceVersion());
        document.put("problems", server.problems());
        document.putAll(counts(server::count));
        document.put("omitted", server.omitted());
        document.put("unrestorable", server.unrestorable());
        document.put("latest", text(server.latest().orElse(null)));
        document.put("drill", server.drill().map(FleetDisplay::document).orElse(null));
        return document;
    }

    /// A server with its databases.
    public static Map<String, @Nullable Object> whole(FleetServer server) {
        Map<String, @Nullable Object> document = document(server);
        document.put(
                "databases",
                server.databases().stream().map(FleetDisplay::document).toList());
        return document;
    }

    private static Map<String, @Nullable Object> document(Database database) {
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("name", database.name());
        document.put("condition", word(database.condition()));
        document.put("problems", database.problems());
        document.put("earliest", text(database.earliest()));
        document.put("latest", text(database.latest()));
        document.put("unconfirmed", database.unconfirmed());
        document.put(
                "types",
                database.types().stream()
                        .map(type -> {
                            Map<String, @Nullable Object> one = new LinkedHashMap<>();
                            one.put("type", type.type().name());
                            one.put("last", text(type.last()));
                            one.put("next", text(type.next()));
                            one.put("failed", type.failed());
                            return one;
                        })
                        .toList());
        SummaryDocument.Drill drill = database.drill();
        document.put("drill", drill == null ? null : document(drill));
        return document;
    }

    private static Map<String, Object> document(SummaryDocument.Drill drill) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("outcome", word(drill));
        document.put("finishedAt", drill.finishedAt().toString());
        return document;
    }

    /// A difference for programs.
    public static Map<String, Object> document(FleetDifference difference) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("server", difference.server());
        document.put("database", difference.database());
        document.put("wrong", difference.wrong());
        document.put("text", difference.text());
        return document;
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return instant == null ? null : instant.toString();
    }

    private static String word(Condition condition) {
        return condition.name().toLowerCase(Locale.ROOT);
    }

    private static String word(SummaryDocument.Drill drill) {
        return drill.outcome().text();
    }
}
