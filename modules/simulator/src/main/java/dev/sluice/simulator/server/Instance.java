package dev.sluice.simulator.server;

import dev.sluice.simulator.database.BackupHistory;
import dev.sluice.simulator.database.BackupRecord;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.Databases;
import dev.sluice.simulator.database.LogSnapshot;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.transfer.MediaStatistics;
import dev.sluice.simulator.transfer.VirtualMedia;
import dev.sluice.simulator.tsql.SqlFailure;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What the sessions of a server share.
///
/// **Threading:** any thread.
final class Instance {

    private final ServerOptions options;
    private final Databases databases;
    private final BackupHistory history;
    private final HistoryRows historyRows = new HistoryRows();
    private final @Nullable StateStore store;
    private final ApplicationLocks locks = new ApplicationLocks();
    private final MediaStatistics statistics = new MediaStatistics();
    private final Map<Integer, Session> sessions = new ConcurrentSkipListMap<>();
    private final Map<Integer, Request> requests = new ConcurrentHashMap<>();
    private final List<StatementOutcome> outcomes = new ArrayList<>();
    private final Set<String> operations = new HashSet<>();
    private final Faults faults = new Faults();
    private final TraceFlags traceFlags = new TraceFlags();
    private final Volume volume;
    private final Certificates certificates;
    private final ServerObjects objects;
    private final List<Late> late = new ArrayList<>();
    private final List<Truncation> truncations = new ArrayList<>();
    private volatile LocalDateTime started;
    private volatile Consumer<Duration> closesDoor = _ -> {};

    Instance(
            ServerOptions options,
            Databases databases,
            BackupHistory history,
            Certificates certificates,
            ServerObjects objects,
            @Nullable StateStore store) {
        this.objects = objects;
        this.certificates = certificates;
        this.options = options;
        this.databases = databases;
        this.history = history;
        this.volume = new Volume(databases);
        this.store = store;
        this.started = LocalDateTime.ofInstant(options.clock().instant(), options.zone());
    }

    ServerOptions options() {
        return options;
    }

    Databases databases() {
        return databases;
    }

    BackupHistory history() {
        return history;
    }

    ApplicationLocks locks() {
        return locks;
    }

    MediaStatistics statistics() {
        return statistics;
    }

    /// The server's local time, which msdb and STOPAT speak.
    LocalDateTime now() {
        return LocalDateTime.ofInstant(options.clock().instant(), options.zone());
    }

    LocalDateTime utcNow() {
        return LocalDateTime.ofInstant(options.clock().instant(), ZoneOffset.UTC);
    }

    LocalDateTime started() {
        return started;
    }

    /// A database that exists, in any state.
    ///
    /// @throws SqlFailure 911
    Database database(String name) {
        return databases.find(name).orElseThrow(() -> Errors.noDatabase(name));
    }

    void joined(Session session) {
        sessions.put(session.id(), session);
    }

    void left(Session session) {
        sessions.remove(session.id());
        requests.remove(session.id());
        locks.releaseAll(session.id());
    }

    List<Session> sessions() {
        return List.copyOf(sessions.values());
    }

    @Nullable
    Session session(int id) {
        return sessions.get(id);
    }

    void running(Request request) {
        requests.put(request.sessionId(), request);
    }

    void finished(Request request) {
        requests.remove(request.sessionId(), request);
    }

    List<Request> requests() {
        List<Request> running = new ArrayList<>(requests.values());
        running.sort((a, b) -> Integer.compare(a.sessionId(), b.sessionId()));
        return running;
    }

    /// Notes that an operation runs that must not meet another of its kind on the same database.
    ///
    /// @throws SqlFailure 3023
    void begin(String operation, Database database) {
        synchronized (operations) {
            if (!operations.add(key(operation, database))) {
                throw Errors.notSerialized();
            }
        }
    }

    void end(String operation, Database database) {
        synchronized (operations) {
            operations.remove(key(operation, database));
        }
    }

    boolean isRunning(String operation, Database database) {
        synchronized (operations) {
            return operations.contains(key(operation, database));
        }
    }

    /// Whether a backup or restore of the database runs.
    boolean isBusy(Database database) {
        synchronized (operations) {
            return operations.stream().anyMatch(operation -> operation.endsWith(key("", database)));
        }
    }

    /// Gives a database another name. What was truncated of its log goes with it.
    void rename(Database database, String name) {
        String before = database.name();
        databases.rename(database, name);
        synchronized (truncations) {
            truncations.replaceAll(one -> one.database().equals(before)
                    ? new Truncation(database.name(), one.first(), one.last(), one.device())
                    : one);
        }
    }

    private static String key(String operation, Database database) {
        return operation + " of " + database.id();
    }

    void ended(int sessionId, String command, String text, List<SqlMessage> errors) {
        synchronized (outcomes) {
            outcomes.add(new StatementOutcome(sessionId, command, text, errors.isEmpty(), errors));
        }
    }

    List<StatementOutcome> outcomes() {
        synchronized (outcomes) {
            return List.copyOf(outcomes);
        }
    }

    Faults faults() {
        return faults;
    }

    TraceFlags traceFlags() {
        return traceFlags;
    }

    Volume volume() {
        return volume;
    }

    /// What the server has beside its databases.
    ServerObjects objects() {
        return objects;
    }

    Certificates certificates() {
        return certificates;
    }

    /// 3101 when a session works in the database.
    void requireUnused(Database database) {
        if (sessions().stream().anyMatch(other -> other.database().equals(database.name()))) {
            throw RestoreErrors.inUse();
        }
    }

    /// A stretch of log that nothing but a backup holds any more.
    record Truncation(String database, long first, long last, String device) {}

    void truncated(Database database, LogSnapshot snapshot, String device) {
        synchronized (truncations) {
            truncations.add(new Truncation(database.name(), snapshot.first(), snapshot.last(), device));
        }
    }

    List<Truncation> truncations() {
        synchronized (truncations) {
            return List.copyOf(truncations);
        }
    }

    /// A row that msdb does not show yet.
    private record Late(BackupRecord row, int since) {}

    /// Writes a backup to msdb, as far as msdb takes it.
    ///
    /// @param warnings gets 3009 if it does not
    void remember(BackupRecord backup, Faults.History how, Consumer<SqlMessage> warnings) {
        switch (how) {
            case NORMAL, LOCKED -> history.add(backup);
            case OFFLINE ->
                warnings.accept(
                        SqlMessage.error(
                                3009,
                                "Could not insert a backup or restore history/detail record in the msdb database. This may indicate a problem with the msdb database. The backup/restore operation was still successful."));
            case LATE -> {
                synchronized (late) {
                    late.add(new Late(backup, faults.releases()));
                }
            }
            case PURGED, OFF -> {}
        }
    }

    HistoryRows historyRows() {
        return historyRows;
    }

    /// The rows of msdb as a query finds them.
    BackupHistory readableHistory() {
        if (faults.history() == Faults.History.OFFLINE) {
            throw SqlFailure.error(
                    945,
                    "Database 'msdb' cannot be opened due to inaccessible files or insufficient memory or disk space. See the SQL Server errorlog for details.");
        }
        int now = faults.releases();
        synchronized (late) {
            late.stream().filter(row -> row.since < now).forEach(row -> history.add(row.row));
            late.removeIf(row -> row.since < now);
        }
        return history;
    }

    /// @param door keeps new clients out for so long
    void onRestart(Consumer<Duration> door) {
        closesDoor = door;
    }

    /// What the end of the process and a new beginning do: every line is cut, every set aborted, and what was
    /// not committed is taken back. What was said to this instance, faults and locks of live sessions, stays.
    ///
    /// @param down how long logins are refused
    void restart(Duration down) {
        closesDoor.accept(down);
        sessions().forEach(session -> session.link().drop());
        for (Request running : requests()) {
            VirtualMedia media = running.media();
            if (media != null) {
                media.abort();
            }
        }
        traceFlags.clear();
        started = now();
        databases.all().forEach(database -> database.restartServer(started));
        save();
    }

    /// Writes what survives the process, if anything does.
    void save() {
        if (store != null) {
            store.save(databases, history, certificates.all(), objects.saved());
        }
    }
}
