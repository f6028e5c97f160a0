package dev.sluice.sidecar.schedule;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.RecoveryPath;
import dev.sluice.engine.sql.ServerDatabases;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// SQL Server, a bucket, and a service that asks an schedule every few seconds, with a clock that the test turns.
///
/// A database's log grows by a record a second, so LSNs can be read as times.
final class World {

    static final Duration TICK = Duration.ofSeconds(10);

    /// @param ended null as long as it runs
    record Run(
            String database, BackupType planned, BackupType taken, Instant began, Instant ended, JobOutcome ending) {}

    private record Under(BackupJob job, BackupType type, Instant began, Instant ends) {}

    private static final class Server {
        UUID base;
        long truncated = -1;
    }

    final List<Run> runs = new ArrayList<>();
    final List<Backup> backups = new ArrayList<>();
    int mostAtOnce;

    private final Instant beginning;
    private final List<Timetable> tables;
    private final int places;
    private final BiFunction<BackupType, Instant, Duration> lasts;
    private final Predicate<Instant> failing;
    private final Map<String, Server> servers = new HashMap<>();
    private final List<Under> under = new ArrayList<>();
    private BackupSchedule schedule;
    Instant now;

    World(
            Instant beginning,
            List<Timetable> tables,
            int places,
            BiFunction<BackupType, Instant, Duration> lasts,
            Predicate<Instant> failing) {
        this.beginning = beginning;
        this.now = beginning;
        this.tables = tables;
        this.places = places;
        this.lasts = lasts;
        this.failing = failing;
        tables.forEach(table -> servers.put(table.database(), new Server()));
    }

    /// The service starts: it knows what is in the bucket, and nothing else.
    void start() {
        schedule = new BackupSchedule(() -> now, places);
        for (Timetable table : tables) {
            Map<BackupType, Instant> began = new EnumMap<>(BackupType.class);
            backups.stream()
                    .filter(backup -> backup.database().equals(table.database()))
                    .forEach(backup -> began.merge(
                            BackupType.valueOf(backup.kind().name()),
                            backup.started(),
                            (a, b) -> a.isAfter(b) ? a : b));
            schedule.follow(table, began);
        }
    }

    /// The service ends, and what it was doing fails.
    void stop() {
        under.forEach(run -> record(run, JobOutcome.FAILED));
        under.clear();
    }

    void runUntil(Instant until) {
        while (now.isBefore(until)) {
            for (Under run : List.copyOf(under)) {
                if (!run.ends.isAfter(now)) {
                    under.remove(run);
                    end(run);
                }
            }
            schedule.begin().forEach(this::begin);
            mostAtOnce = Math.max(mostAtOnce, under.size());
            now = now.plus(TICK);
        }
    }

    void passUntil(Instant until) {
        now = until;
    }

    /// Somebody else takes a full backup, into a place of his own.
    void foreignFull(String database) {
        servers.get(database).base = UUID.randomUUID();
    }

    private void begin(BackupJob job) {
        Server server = servers.get(job.database());
        Set<UUID> held = backups.stream().map(Backup::set).collect(Collectors.toSet());
        StartDecision prepared = StartDecision.of(
                job.type(),
                false,
                new ServerDatabases.Facts(
                        job.database(), "FULL", server.truncated >= 0, Collections.singleton(server.base)),
                held::contains);
        switch (prepared) {
            case StartDecision.Take(BackupType type, String _) ->
                under.add(new Under(job, type, now, now.plus(lasts.apply(type, now))));
            case StartDecision.LeaveOut _ -> schedule.ended(job, job.type(), now, JobOutcome.LEFT_OUT);
        }
    }

    private void end(Under run) {
        boolean failed = failing.test(now) || failing.test(run.began);
        if (!failed) {
            Server server = servers.get(run.job.database());
            Backup backup = backup(run, server);
            backups.add(backup);
            if (run.type == BackupType.FULL) {
                server.base = backup.set();
                server.truncated = server.truncated < 0 ? second(run.began) : server.truncated;
            } else if (run.type == BackupType.LOG) {
                server.truncated = second(now);
            }
        }
        JobOutcome ending = failed ? JobOutcome.FAILED : JobOutcome.GOOD;
        record(run, ending);
        schedule.ended(run.job, run.type, run.began, ending);
    }

    private void record(Under run, JobOutcome ending) {
        runs.add(new Run(run.job.database(), run.job.type(), run.type, run.began, now, ending));
    }

    private long second(Instant instant) {
        return 1 + Duration.between(beginning, instant).toSeconds();
    }

    private Backup backup(Under run, Server server) {
        String id = "%s-%s-%d".formatted(run.job.database(), run.type, second(run.began));
        long first = run.type == BackupType.LOG ? server.truncated : second(run.began);
        return new Backup(
                id,
                run.job.database(),
                Backup.Kind.valueOf(run.type.name()),
                false,
                new Backup.Place.Stored(),
                UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8)),
                UUID.nameUUIDFromBytes(run.job.database().getBytes(StandardCharsets.UTF_8)),
                RecoveryPath.on(new UUID(1, 1)),
                new Lsn(first, 1, 1),
                new Lsn(second(now), 1, 1),
                new Lsn(first, 1, 1),
                run.type == BackupType.DIFFERENTIAL ? server.base : null,
                RecoveryModel.FULL,
                run.began,
                now,
                now,
                Set.of(),
                1_000,
                1,
                Set.of());
    }

    List<Run> good(String database, BackupType taken) {
        return runs.stream()
                .filter(run -> run.database.equals(database) && run.taken == taken && run.ending == JobOutcome.GOOD)
                .toList();
    }

    List<Instant> began(String database, BackupType taken) {
        return good(database, taken).stream().map(Run::began).toList();
    }
}
