package dev.sluice.sidecar.schedule;

import dev.sluice.catalog.BackupType;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Which backups are due, and which of them may start now.
///
/// A type of backup is due once its table has named a time since the last one began, however many times it has
/// named by then: after a night of downtime one backup is taken, and not a night's worth. A database that has no
/// full backup at all is due for one at once; its differentials and logs have nothing to rest on before. A full
/// backup serves what was due of differentials too.
///
/// Data backups of one database exclude each other, log backups exclude each other, and a log backup runs
/// beside a full one. Of all that may start, log backups go first, then what has been due longest. If there are
/// two or more places, and the table of any database has log backups, data backups never take the last place: a
/// full backup lasts hours, and all log backups would wait for it.
///
/// What failed is tried again after a wait that grows, up to five minutes for logs and an hour for data.
///
/// What a person has paused does not start while it is due, and stays due: when the pause ends, one backup of
/// each type is taken, as after a night of downtime. What a person asks for starts all the same.
///
/// **Threading:** any thread; every method is short.
public final class BackupSchedule {

    /// How much later than SQL Server's clock ours may be. Without it, a backup that was taken on the minute
    /// would be due again after a restart of the program.
    private static final Duration CLOCKS_APART = Duration.ofSeconds(30);

    private final InstantSource clock;
    private final Map<String, Line> lines = new TreeMap<>();
    private final Map<String, BackupJob> waiting = new LinkedHashMap<>();
    private final Map<String, BackupJob> running = new LinkedHashMap<>();
    private final Set<String> held = new HashSet<>();
    private final List<BackupJob> paused = new ArrayList<>();
    private Pauses pauses = (_, _) -> false;
    private int places;
    private long jobs;

    /// @param places backups that run at once
    public BackupSchedule(InstantSource clock, int places) {
        this.clock = clock;
        this.places = places;
    }

    /// What a person has paused.
    @FunctionalInterface
    public interface Pauses {
        /// Whether scheduled backups of this type do not start now. Called under the schedule's lock: it waits
        /// for nothing.
        boolean pause(String database, BackupType type);
    }

    /// One database.
    private static final class Line {
        Timetable table;
        final Instant since;
        final Map<BackupType, BackupTypeState> tracks = new EnumMap<>(BackupType.class);

        Line(Timetable table, Instant since) {
            this.table = table;
            this.since = since;
            for (BackupType type : BackupType.values()) {
                tracks.put(type, new BackupTypeState(type));
            }
        }

        BackupTypeState track(BackupType type) {
            BackupTypeState track = tracks.get(type);
            if (track == null) {
                throw new IllegalStateException("every type has a track");
            }
            return track;
        }

        /// What is due follows from what was taken.
        void plan() {
            Instant full = track(BackupType.FULL).served;
            for (BackupTypeState track : tracks.values()) {
                Instant due = table.tables().containsKey(track.type) ? due(track, full) : null;
                Instant wanted = track.wanted;
                track.due = due == null || (wanted != null && wanted.isBefore(due)) ? wanted : due;
            }
        }

        /// A full backup serves what was wanted of a differential too.
        void satisfy(BackupType taken, Instant began) {
            track(taken).satisfy(began);
            if (taken == BackupType.FULL) {
                track(BackupType.DIFFERENTIAL).satisfy(began);
            }
        }

        /// Copy-only backups do not begin the chain that the next table is about.
        ///
        /// @param last when the last one began that does; null for none
        void serveAnew(BackupTypeState track, @Nullable Instant last, Instant now) {
            track.edited = null;
            if (last == null
                    && track.type == BackupType.FULL
                    && !table.copyOnly().contains(BackupType.LOG)) {
                // The log backups were ordinary all the time, and go on meanwhile.
                track.want(now, "there is no full backup in the bucket that is not copy-only");
            } else {
                track.served = last == null ? null : last.plus(CLOCKS_APART);
            }
        }

        private @Nullable Instant due(BackupTypeState track, @Nullable Instant full) {
            if (full == null) {
                return track.type == BackupType.FULL ? since : null;
            }
            Instant last = track.served;
            // Before the first log backup there is the full one that began the chain; a full one also has what a
            // differential would have.
            if (last == null || (track.type == BackupType.DIFFERENTIAL && full.isAfter(last))) {
                last = full;
            }
            Instant edited = track.edited;
            if (edited != null && edited.isAfter(last)) {
                last = edited;
            }
            return table.next(track.type, last).orElse(null);
        }
    }

    // ---- what there is ----

    public synchronized void places(int backupsAtOnce) {
        places = backupsAtOnce;
    }

    /// Asks these from now on, instead of none.
    public synchronized void pausedBy(Pauses asked) {
        pauses = asked;
    }

    /// What became due and did not start because it is paused, since the last call; each once, as long as it is
    /// due.
    public synchronized List<BackupJob> takePaused() {
        List<BackupJob> taken = List.copyOf(paused);
        paused.clear();
        return taken;
    }

    /// Takes a database up, or a new time table for it.
    ///
    /// A table that has changed counts from now on, unless a backup was due by the old one: a user who edits a
    /// table does not want a full backup at that very moment.
    ///
    /// @param began when the last good backups of each type began that serve the table, by SQL Server's clock: not
    ///              copy-only ones, unless the table takes those; looked at for a new database, and for types
    ///              of which the table does not take copy-only ones any more ([#endsCopyOnly])
    public synchronized void follow(Timetable table, Map<BackupType, Instant> began) {
        Line line = lines.get(table.database());
        Instant now = clock.instant();
        if (line == null) {
            Line fresh = new Line(table, now);
            began.forEach((type, instant) -> fresh.track(type).served = instant.plus(CLOCKS_APART));
            fresh.plan();
            lines.put(table.database(), fresh);
        } else if (!line.table.equals(table)) {
            for (BackupTypeState track : line.tracks.values()) {
                boolean overdue = track.due != null && !track.due.isAfter(now);
                if (ends(line.table, table, track.type)) {
                    line.serveAnew(track, began.get(track.type), now);
                } else if (!overdue) {
                    track.edited = now;
                }
            }
            if (table.copyOnly().contains(BackupType.LOG)) {
                // The chain is another program's from now on, and what was wanted to heal it helps no one.
                line.tracks.values().forEach(BackupTypeState::unwant);
            }
            line.table = table;
            line.plan();
        }
    }

    /// Whether the database's table has taken copy-only backups of a type of which this one takes ordinary ones.
    public synchronized boolean endsCopyOnly(Timetable table) {
        Line line = lines.get(table.database());
        return line != null && Stream.of(BackupType.values()).anyMatch(type -> ends(line.table, table, type));
    }

    private static boolean ends(Timetable before, Timetable now, BackupType type) {
        return before.copyOnly().contains(type) && !now.copyOnly().contains(type);
    }

    /// A person or another replica may have taken these backups. They serve the table as our own do.
    ///
    /// A time in the future says only that the two clocks are far apart. It is ignored, because it would keep
    /// the next backups from being due.
    ///
    /// @param began as in [#follow]
    public synchronized void heard(String database, Map<BackupType, Instant> began) {
        Line line = lines.get(database);
        if (line != null) {
            Instant latest = clock.instant().plus(CLOCKS_APART);
            began.forEach((type, instant) -> {
                if (!instant.isAfter(latest)) {
                    line.track(type).serve(instant);
                    line.satisfy(type, instant.minus(CLOCKS_APART));
                }
            });
            line.plan();
        }
    }

    public synchronized List<String> followed() {
        return List.copyOf(lines.keySet());
    }

    public synchronized boolean follows(String database) {
        return lines.containsKey(database);
    }

    /// Forgets databases that are there no longer. What runs goes on; what waits does not begin.
    ///
    /// @return what waited, and will never begin
    public synchronized List<BackupJob> retain(Collection<String> databases) {
        lines.keySet().retainAll(databases);
        List<BackupJob> dropped = waiting.values().stream()
                .filter(job -> !lines.containsKey(job.database()))
                .toList();
        dropped.forEach(job -> waiting.remove(job.id()));
        return dropped;
    }

    // ---- jobs ----

    /// A client asks for a backup now: it waits for its place as all others do.
    public synchronized BackupJob ask(String database, BackupType type, boolean copyOnly) {
        Line line = lines.get(database);
        boolean outside = copyOnly || (line != null && line.table.copyOnly().contains(type));
        BackupJob job = new BackupJob(name(), database, type, outside, clock.instant(), true, "");
        waiting.put(job.id(), job);
        return job;
    }

    /// Makes a backup due now, whether or not a table has any of this type. It is tried again like those of a
    /// table, until one that begins from now on is good, or is cancelled.
    ///
    /// @param reason in a sentence
    /// @return false when it was wanted already, or the database is not followed
    public synchronized boolean want(String database, BackupType type, String reason) {
        Line line = lines.get(database);
        if (line == null || !line.track(type).want(clock.instant(), reason)) {
            return false;
        }
        line.plan();
        return true;
    }

    /// Takes back a job that waits; false when it does not.
    public synchronized boolean withdraw(String id) {
        return waiting.remove(id) != null;
    }

    public synchronized List<BackupJob> waiting() {
        return List.copyOf(waiting.values());
    }

    public synchronized List<BackupJob> running() {
        return List.copyOf(running.values());
    }

    /// Keeps backups of a database from beginning, for a work that needs it alone; false when one runs.
    public synchronized boolean hold(String database) {
        boolean busy = running.values().stream().anyMatch(job -> job.database().equals(database));
        return !busy && held.add(database);
    }

    public synchronized void release(String database) {
        held.remove(database);
    }

    /// Everything that may start now, in this order. It counts as running from here until [#ended].
    public synchronized List<BackupJob> begin() {
        Instant now = clock.instant();
        List<BackupJob> candidates = new ArrayList<>(waiting.values());
        lines.values().forEach(line -> candidates.addAll(due(line, now)));
        candidates.sort(Comparator.comparing((BackupJob job) -> !job.isLog())
                .thenComparing(job -> !job.asked())
                .thenComparing(BackupJob::due)
                .thenComparing(job -> job.type() != BackupType.FULL)
                .thenComparing(BackupJob::database));
        List<BackupJob> begun = new ArrayList<>();
        for (BackupJob job : candidates) {
            if (fits(job)) {
                waiting.remove(job.id());
                BackupJob named = job.asked() ? job : job.named(name());
                running.put(named.id(), named);
                begun.add(named);
            }
        }
        return begun;
    }

    private List<BackupJob> due(Line line, Instant now) {
        List<BackupJob> due = new ArrayList<>();
        for (BackupTypeState track : line.tracks.values()) {
            Instant startable = track.startable();
            Instant since = track.due;
            if (since == null || startable == null || startable.isAfter(now)) {
                continue;
            }
            String database = line.table.database();
            if (pauses.pause(database, track.type)) {
                if (track.isNewlyPaused(since)) {
                    paused.add(new BackupJob(name(), database, track.type, false, since, false, track.reason));
                }
                continue;
            }
            Instant full = line.track(BackupType.FULL).startable();
            if (track.type == BackupType.DIFFERENTIAL
                    && full != null
                    && !full.isAfter(now)
                    && !pauses.pause(database, BackupType.FULL)) {
                continue; // the full backup serves both, unless it has failed and waits, or is paused
            }
            boolean copyOnly = line.table.copyOnly().contains(track.type);
            due.add(new BackupJob("", database, track.type, copyOnly, since, false, track.reason));
        }
        return due;
    }

    private String name() {
        return Long.toString(++jobs);
    }

    private boolean fits(BackupJob job) {
        if (held.contains(job.database()) || running.size() >= places) {
            return false;
        }
        boolean excluded = running.values().stream()
                .anyMatch(other -> other.database().equals(job.database()) && other.isLog() == job.isLog());
        if (excluded) {
            return false;
        }
        long data = running.values().stream().filter(other -> !other.isLog()).count();
        boolean logs =
                lines.values().stream().anyMatch(line -> line.table.tables().containsKey(BackupType.LOG));
        return job.isLog() || data < (logs && places > 1 ? places - 1 : places);
    }

    /// A job has ended.
    ///
    /// @param taken what it turned out to be
    /// @param began when it began, by this schedule's clock
    public synchronized void ended(BackupJob job, BackupType taken, Instant began, JobOutcome ending) {
        running.remove(job.id());
        Line line = lines.get(job.database());
        if (line == null) {
            return;
        }
        BackupTypeState planned = line.track(job.type());
        switch (ending) {
            case GOOD -> {
                if (!job.copyOnly() || line.table.copyOnly().contains(taken)) {
                    line.track(taken).serve(began);
                    line.track(taken).succeeded();
                    line.satisfy(taken, began);
                }
                planned.succeeded();
            }
            case CANCELLED, LEFT_OUT -> {
                if (job.type() == BackupType.FULL && planned.served == null) {
                    // Nothing else may rest on it, so it stays due, and waits as after a failure.
                    planned.failed(clock.instant());
                } else if (!job.asked()) {
                    planned.serve(began);
                    planned.satisfy(began);
                    planned.succeeded();
                }
            }
            case FAILED, UNCONFIRMED -> {
                if (!job.asked()) {
                    planned.failed(clock.instant());
                }
            }
        }
        line.plan();
    }

    // ---- for those who look ----

    /// When the next backup of a type will be due, or has been since; empty when none will.
    public synchronized Optional<Instant> due(String database, BackupType type) {
        return Optional.ofNullable(lines.get(database)).map(line -> line.track(type).due);
    }

    /// How often it has failed since it last succeeded.
    public synchronized int failures(String database, BackupType type) {
        Line line = lines.get(database);
        return line == null ? 0 : line.track(type).failures();
    }
}
