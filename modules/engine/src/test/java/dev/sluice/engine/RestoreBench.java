package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.plan.RestoringDatabase;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestorePosition;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlSession;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/// An installation whose server's clock a test moves, with a session on the server and short ways to back up, plan
/// and restore.
final class RestoreBench implements AutoCloseable {

    /// KILL: "Process ID … is not an active process ID."
    private static final int NOT_ACTIVE = 6106;

    final Installation installation;
    private final SqlSession session;
    private final AtomicReference<Instant> now;

    private RestoreBench(Installation installation, AtomicReference<Instant> now) {
        this.installation = installation;
        this.now = now;
        this.session = installation.server.open(40);
    }

    /// With one database, `Sales`, of so many bytes.
    static RestoreBench start(Path directory, long bytes) throws IOException {
        return start(directory, ZoneOffset.UTC, options -> options.withDatabase("Sales", bytes));
    }

    static RestoreBench start(Path directory, ZoneId zone, UnaryOperator<ServerOptions> options) throws IOException {
        return start(zone, options, each -> Installation.start(directory, each));
    }

    /// With an installation that differs in more than its databases.
    static RestoreBench start(ZoneId zone, UnaryOperator<ServerOptions> options, Start start) throws IOException {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-03-02T10:00:00Z"));
        return new RestoreBench(start.with(each -> options.apply(each.withClock(now::get, zone))), now);
    }

    /// Starts an installation whose server gets these options.
    interface Start {
        Installation with(UnaryOperator<ServerOptions> options) throws IOException;
    }

    Engine engine() {
        return installation.engine;
    }

    Instant now() {
        return now.get();
    }

    /// Moves the server's clock.
    void later(Duration by) {
        now.updateAndGet(instant -> instant.plus(by));
    }

    /// A statement that must succeed.
    void sql(String sql) throws InterruptedException {
        CollectedResponse response = new CollectedResponse();
        session.execute(Batch.of(sql), response, new Cancellation());
        assertThat(response.errors()).as(sql).isEmpty();
    }

    void work(String database, int transactions, long seed) throws InterruptedException {
        sql("EXEC sluice_workload @database = N'%s', @transactions = %d, @seed = %d, @rollback_every = 4"
                .formatted(database, transactions, seed));
    }

    Map<Long, Long> pages(String database) {
        return installation.server.pageVersions(database);
    }

    BackupDocument backUp(BackupType type, int stripes) {
        return backUp("Sales", type, false, stripes);
    }

    /// Waits for the lock of the backup before: the server releases it a moment after its session was closed.
    BackupDocument backUp(String database, BackupType type, boolean copyOnly, int stripes) {
        long until = System.nanoTime() + Installation.SOON.toNanos();
        while (true) {
            try {
                return installation
                        .engine
                        .backup(Installation.request(database, type, copyOnly, stripes), RunObserver.SILENT)
                        .block(Installation.SOON)
                        .document();
            } catch (OperationFailed e) {
                if (e.id() != FailureId.BUSY || System.nanoTime() > until) {
                    throw e;
                }
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            }
        }
    }

    Inventory inventory() {
        return installation.engine.inventory("Sales", null).block(Installation.SOON);
    }

    Planning plan(PlanRequest request) {
        return new Planner(inventory().backups()).plan(request);
    }

    RestorePlan planned(PlanRequest request) {
        Planning planning = plan(request);
        assertThat(planning).isInstanceOf(RestorePlan.class);
        return (RestorePlan) planning;
    }

    RestoreTarget at(Instant instant) {
        return new RestoreTarget.At(instant, inventory().time().stopAt(instant));
    }

    RestoreRequest request(PlanRequest wanted, String as, Existing existing) {
        return RestoreRequest.of(planned(wanted), inventory().documents(), as, Map.of(), existing);
    }

    RestoreResult restore(RestoreRequest request) {
        return installation.engine.restore(request, RestoreObserver.SILENT).block(Installation.SOON);
    }

    RestoreResult restore(PlanRequest wanted, String as) {
        return restore(request(wanted, as, Existing.KEEP));
    }

    RestoringDatabase standing(String database) {
        return RestorePosition.of(engine().environment(), database)
                .standing(inventory().time());
    }

    RestoreResult goOn(PlanRequest wanted, String database) {
        return restore(request(wanted.continuing(standing(database)), database, Existing.CONTINUE));
    }

    /// Ends every session of the engine's that has no request.
    void dropSleepingSessions() {
        try (Connection connection = DriverManager.getConnection(
                        installation.server.jdbcUrl() + ";applicationName=bench", "sa", installation.password());
                Statement statement = connection.createStatement()) {
            List<Integer> sleeping = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery("SELECT session_id FROM sys.dm_exec_sessions"
                    + " WHERE status = N'sleeping' AND program_name = N'Sluice'")) {
                while (rows.next()) {
                    sleeping.add(rows.getInt(1));
                }
            }
            for (int session : sleeping) {
                kill(statement, session);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static void kill(Statement statement, int session) throws SQLException {
        try {
            statement.execute("KILL " + session);
        } catch (SQLException e) {
            // It has ended by itself since it was seen.
            if (e.getErrorCode() != NOT_ACTIVE) {
                throw e;
            }
        }
    }

    String state(String database) {
        try (dev.sluice.engine.sql.SqlSession control =
                installation.engine.environment().server().connect()) {
            return ServerFacts.databaseState(control, database).orElse("none");
        }
    }

    @Override
    public void close() {
        session.close();
        installation.close();
    }
}
