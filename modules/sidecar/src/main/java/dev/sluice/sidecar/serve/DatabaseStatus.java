package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.DrillDocument;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.plan.Window;
import dev.sluice.sidecar.pause.Pause;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How it is with one database: what can be restored, when its backups were taken and will be, and what is wrong.
///
/// @param problems what is wrong, in sentences; empty when all is well
/// @param window   the moments that can be restored, as far as the newest unbroken stretch reaches; null for none
/// @param types    what policies take of it
/// @param drill    the last restore drill
public record DatabaseStatus(
        String name,
        Condition condition,
        List<String> problems,
        boolean online,
        @Nullable Window window,
        List<TypeStatus> types,
        Optional<Drill> drill,
        int unconfirmed) {

    /// The worst first.
    public static final Comparator<DatabaseStatus> WORST_FIRST =
            Comparator.comparing(DatabaseStatus::condition).thenComparing(DatabaseStatus::name);

    /// A backup that is due begins within moments, unless others hold the places or it is tried again.
    private static final Duration OVERDUE = Duration.ofMinutes(10);

    /// How much a person is needed.
    public enum Condition {
        /// Something cannot be restored, or will not be backed up.
        FAILING,
        /// Something should be looked at.
        ATTENTION,
        WELL
    }

    /// One type of backup of it.
    ///
    /// @param last    when the last good one ended; null when there is none
    /// @param next    when the next one is due, or has been since, or when its pause ends; null when none is
    /// @param failure why the last attempt failed; empty unless it did
    /// @param leftOut why the last one that was due was left out; empty unless it was
    /// @param pause   what keeps the next one from starting; empty unless it is paused
    public record TypeStatus(
            BackupType type,
            @Nullable Instant last,
            @Nullable Instant next,
            Optional<LastFailures.Failure> failure,
            Optional<LastLeftOut.LeftOut> leftOut,
            Optional<Pause> pause) {

        /// None was left out or is paused.
        public TypeStatus(
                BackupType type,
                @Nullable Instant last,
                @Nullable Instant next,
                Optional<LastFailures.Failure> failure) {
            this(type, last, next, failure, Optional.empty(), Optional.empty());
        }

        String words() {
            return type.name().toLowerCase(Locale.ROOT);
        }
    }

    /// A restore drill.
    ///
    /// @param at when it ended
    public record Drill(DrillDocument.Outcome outcome, Instant at) {}

    public DatabaseStatus {
        problems = List.copyOf(problems);
        types = List.copyOf(types);
    }

    /// @param view       what the bucket has of it; null as long as that is not known
    /// @param running    types of which a backup is under way
    /// @param drillPause what keeps its restore drills from starting; empty unless they are paused
    /// @param damaged    backups that a verification found damaged
    static DatabaseStatus of(
            String name,
            boolean online,
            InventoryCache.@Nullable View view,
            Collection<ChainFinding.Kind> broken,
            List<TypeStatus> types,
            Set<BackupType> running,
            Optional<Map.Entry<DrillDocument.Outcome, Instant>> lastDrill,
            Optional<Pause> drillPause,
            List<VerificationView.Damaged> damaged,
            int unconfirmed,
            Instant now) {
        Optional<Drill> drill = lastDrill.map(last -> new Drill(last.getKey(), last.getValue()));
        List<String> failing = new ArrayList<>();
        List<String> attention = new ArrayList<>();
        if (!online) {
            failing.add("It is not there, or cannot be backed up now.");
        }
        Window window = view == null ? null : view.window();
        if (view == null) {
            if (online) {
                attention.add("What the bucket has of it is not known yet.");
            }
        } else if (window == null && awaitsItsFirst(online, view, types)) {
            attention.add("It has no backup yet; its first full backup is due or under way.");
        } else if (window == null) {
            failing.add("The bucket has no backup of it that can be restored.");
        } else if (!view.intact()) {
            failing.add("Its newest backup cannot be restored: something that it rests on is missing.");
        }
        for (TypeStatus type : types) {
            type.failure()
                    .ifPresent(failure -> failing.add("Its last %s backup failed at %s: %s (%s)"
                            .formatted(type.words(), failure.at(), failure.what(), failure.id())));
            Instant next = type.next();
            if (next != null
                    && next.plus(OVERDUE).isBefore(now)
                    && type.pause().isEmpty()
                    && !running.contains(type.type())) {
                attention.add("A %s backup has been due since %s.".formatted(type.words(), next));
            }
        }
        attention.addAll(paused(types));
        drillPause.ifPresent(pause -> attention.add(
                "Its restore drills are %s.".formatted(pause.document().text())));
        broken.stream()
                .sorted()
                .forEach(
                        kind -> (kind == ChainFinding.Kind.SIMPLE_RECOVERY ? attention : failing).add(explained(kind)));
        damaged.forEach(one -> failing.add("Its backup %s was found damaged at %s: `sluice show` tells what."
                .formatted(one.backupId(), one.at())));
        drill.ifPresent(last -> {
            switch (last.outcome()) {
                case SOUND -> {
                    // Nothing is wrong with it.
                }
                case UNSOUND ->
                    failing.add("Its last restore drill, at %s, has found something: `sluice show` tells what."
                            .formatted(last.at()));
                case UNPROVEN ->
                    attention.add("Its last restore drill, at %s, could not tell: `sluice show` tells why."
                            .formatted(last.at()));
            }
        });
        if (unconfirmed > 0) {
            attention.add(String.format(
                    Locale.ROOT, "SQL Server's verdict on %d of its backups was never received.", unconfirmed));
        }
        if (view != null && view.unreadable() > 0) {
            attention.add(String.format(Locale.ROOT, "%d entries of its catalog cannot be read.", view.unreadable()));
        }
        Condition condition =
                !failing.isEmpty() ? Condition.FAILING : attention.isEmpty() ? Condition.WELL : Condition.ATTENTION;
        failing.addAll(attention);
        return new DatabaseStatus(name, condition, failing, online, window, types, drill, unconfirmed);
    }

    /// A sentence for each pause. What is paused is neither late nor failing; a person should know of it all
    /// the same.
    private static List<String> paused(List<TypeStatus> types) {
        Map<Pause, String> byPause = new LinkedHashMap<>();
        for (TypeStatus type : types) {
            type.pause().ifPresent(pause -> byPause.merge(pause, type.words(), "%s, %s"::formatted));
        }
        return byPause.entrySet().stream()
                .map(paused -> "Its scheduled backups (%s) are %s."
                        .formatted(paused.getValue(), paused.getKey().document().text()))
                .toList();
    }

    /// A database that was never backed up gets a full backup at once.
    private static boolean awaitsItsFirst(boolean online, InventoryCache.View view, List<TypeStatus> types) {
        return online
                && view.backups() == 0
                && types.stream()
                        .anyMatch(type ->
                                type.type() == BackupType.FULL && type.failure().isEmpty());
    }

    private static String explained(ChainFinding.Kind kind) {
        return switch (kind) {
            case FOREIGN_FULL -> "Its differential backups rest on a full backup that is not in the bucket.";
            case NO_FULL -> "The bucket has no full backup that its other backups rest on.";
            case FOREIGN_LOG -> "Another program has backed up a part of its log, which is not in the bucket.";
            case LOG_CHAIN_ENDED -> "Its log chain has ended, because the recovery model was switched.";
            case SIMPLE_RECOVERY -> "Its recovery model is SIMPLE now, so there are no log backups.";
            case OTHER_DATABASE -> "It was restored, or made anew, since its last full backup.";
        };
    }
}
