package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.transfer.MediaBehavior;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every fault by its name, and what a client sees of those that are more than an error.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class FaultSwitchTest {

    private static final Duration PATIENTLY = Duration.ofSeconds(30);

    private Bench bench;

    @BeforeEach
    void start() throws Exception {
        bench = Bench.withSales();
        bench.backUp("DATABASE [Sales]", 1, "");
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    /// What a log backup of a client that does everything right ends with, once what stalls was released.
    private static List<Integer> expected(FaultSwitch fault) {
        return switch (fault) {
            case FAIL, ABORT, CLOSE_EARLY, FAIL_AFTER_COMPLETE, RESTART, DIE -> List.of(3043, 3013);
            case CANCEL -> List.of(3204, 3013);
            case NEVER_OPEN -> List.of(3201, 3013);
            case DIE_BEFORE_TRUNCATION, DIE_BEFORE_HISTORY, FAIL_AFTER_TRUNCATION -> List.of(50_000, 3013);
            case MSDB_OFFLINE -> List.of(3009);
            case STALL,
                    DAMAGE,
                    MISS_DEATH,
                    LOSE_CONNECTION,
                    MSDB_LATE,
                    MSDB_PURGED,
                    MSDB_OFF,
                    MSDB_LOCKED,
                    COMPLETE_NEVER,
                    COMPLETE_TOGETHER,
                    COMPLETE_EACH_ALONE,
                    COMPLETE_SERIALLY,
                    COMPLETE_REVERSED,
                    COMPLETE_FIRST_ONLY -> List.of();
        };
    }

    @ParameterizedTest
    @EnumSource
    void eachStrikesOnceWhenAskedForByName(FaultSwitch fault) throws Exception {
        bench.work("Sales", 5, 1);
        String name = fault.text().replaceAll("=.*", "");
        bench.ok("EXEC sluice_fault @fault = N'%s', @value = 1, @statement = N'log'".formatted(name));

        bench.backUp("DATABASE [Sales]", 1, "");
        List<String> names = bench.names(2);
        try (BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            FutureTask<List<Integer>> backup =
                    new FutureTask<>(() -> bench.errors("BACKUP LOG [Sales] TO " + Bench.clauses(names)));
            Thread.ofPlatform().daemon().start(backup);
            await().atMost(PATIENTLY)
                    .until(() -> backup.isDone() || bench.server.faults().isStalling());
            bench.ok(40 + 1, "EXEC sluice_release");
            assertThat(backup.get()).isEqualTo(expected(fault));
            client.awaitEndOrAbort();
        }
        bench.backUp("LOG [Sales]", 1, "");
    }

    @Test
    void isReadFromTextWithUnitsAndTargets() {
        assertThat(FaultSwitch.parse("stall=16MiB", MediaBehavior.DEFAULT))
                .isEqualTo(new FaultSwitch.Parsed(Faults.Target.ANY, new Fault.StallsAfter(16 << 20)));
        assertThat(FaultSwitch.parse(" Log/Die=3", MediaBehavior.DEFAULT))
                .isEqualTo(new FaultSwitch.Parsed(Faults.Target.LOG, new Fault.DiesAtCommand(3)));
        assertThat(FaultSwitch.parse("restore/miss death", MediaBehavior.DEFAULT))
                .isEqualTo(new FaultSwitch.Parsed(Faults.Target.RESTORE, new Fault.MissesDeath()));
        for (String wrong : List.of("", "stall", "stall=", "stall=-1", "die=3MiB", "never-open=1", "tail/fail=0")) {
            assertThatThrownBy(() -> FaultSwitch.parse(wrong, MediaBehavior.DEFAULT))
                    .as(wrong)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void devicesThatAreClosedEarlyLookLikeAnOrderlyEndUntilTheStatementFails() throws Exception {
        bench.server.faults().next(new Fault.ClosesEarlyAfter(1 << 20));
        List<String> names = bench.names(2);
        try (BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            FutureTask<List<Integer>> backup =
                    new FutureTask<>(() -> bench.errors("BACKUP DATABASE [Sales] TO " + Bench.clauses(names)));
            Thread.ofPlatform().daemon().start(backup);

            client.awaitEnd();

            await().atMost(PATIENTLY).until(bench.server.faults()::isStalling);
            assertThat(client.commands).doesNotContain("Flush", "Complete");
            bench.server.faults().release();
            assertThat(backup.get()).containsExactly(3043, 3013);
        }
    }

    @Test
    void aQueryOfMsdbWaitsForWhoeverHasLockedItsTables() throws Exception {
        bench.backUp("DATABASE [Sales]", 1, "");
        bench.ok("EXEC sluice_msdb 'locked'");
        FutureTask<List<Integer>> query =
                new FutureTask<>(() -> bench.errors("SELECT backup_set_id FROM msdb.dbo.backupset"));
        Thread.ofPlatform().daemon().start(query);
        await().atMost(PATIENTLY).until(bench.server.faults()::isStalling);
        assertThat(query.isDone()).isFalse();

        bench.ok("EXEC sluice_msdb 'normal'");

        assertThat(query.get()).isEmpty();
    }

    @Test
    void aDeathThatGoesUnnoticedHoldsTheDatabaseUntilTheSessionIsKilled() throws Exception {
        bench.server.faults().next(new Fault.MissesDeath());
        List<String> names = bench.names(1);
        BackupClient client = BackupClient.storing(bench.vdi, names)
                .answering(command -> {
                    throw new IllegalStateException("the client dies here");
                })
                .start();
        // Without TLS, because the driver's abort of an encrypted connection waits for who reads from it.
        String plain = bench.server.jdbcUrl().replace("encrypt=true", "encrypt=false");
        Connection connection = DriverManager.getConnection(plain, "sa", "Sluice!2026");
        Statement statement = connection.createStatement();
        int session = spid(statement);
        FutureTask<Boolean> backup =
                new FutureTask<>(() -> statement.execute("BACKUP DATABASE [Sales] TO " + Bench.clauses(names)));
        Thread.ofPlatform().daemon().start(backup);
        await().atMost(PATIENTLY).until(() -> bench.server.statistics().commandsOutstanding() > 0);
        client.signalAbort();
        connection.abort(Runnable::run);
        await().atMost(PATIENTLY).until(bench.server.faults()::isStalling);

        assertThat(bench.errors("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x'"))
                .containsExactly(3023, 3013);
        bench.ok("KILL " + session);

        await().atMost(PATIENTLY).until(() -> bench.server.outcomes().size() == 3);
        assertThat(bench.errors("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x'"))
                .containsExactly(3201, 3013);
        assertThatThrownBy(backup::get).hasCauseInstanceOf(SQLException.class);
        client.close();
    }

    @Test
    void aServerThatDiesBeforeTheTruncationHasLostNothing() throws Exception {
        bench.work("Sales", 10, 1);
        bench.server.faults().next(new Fault.DiesBeforeTruncation());
        List<String> names = bench.names(1);
        try (BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            bench.run("BACKUP LOG [Sales] TO " + Bench.clauses(names));
            client.awaitEnd();
            assertThat(client.commands).contains("Flush", "Complete");
        }

        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.backupset WHERE type = 'L'"))
                .isEqualTo(0);
        bench.backUp("LOG [Sales]", 1, "");
        assertThat(bench.server.lostLogRecords("Sales", names.getFirst()::equals))
                .isPositive();
        assertThat(bench.server.lostLogRecords("Sales", name -> !name.equals(names.getFirst())))
                .isZero();
    }

    @Test
    void aRestartCutsEveryLineKeepsNewOnesOutAndTakesBackWhatWasOpen() throws Exception {
        Map<Long, Long> committed = bench.server.pageVersions("Sales");
        bench.server.faults().next(new Fault.RestartsAfter(1 << 20, Duration.ofSeconds(2)));
        List<String> names = bench.names(1);
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            statement.execute("EXEC sluice_workload @database = N'Sales', @transactions = 1, @leave_open = 1");

            assertThatThrownBy(() -> statement.execute("BACKUP DATABASE [Sales] TO " + Bench.clauses(names)))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08S01"));
            assertThatThrownBy(this::connect).isInstanceOf(SQLException.class);
            client.awaitEndOrAbort();
        }

        await().atMost(PATIENTLY)
                .ignoreExceptions()
                .untilAsserted(() -> connect().close());
        assertThat(bench.server.pageVersions("Sales")).isEqualTo(committed);
        assertThat(bench.server.outcomes().getLast().success()).isFalse();
    }

    @Test
    void aRestartThatIsAskedForByTsqlCutsTheLineThatAskedForIt() throws Exception {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("EXEC sluice_restart")).isInstanceOf(SQLException.class);
        }
        connect().close();
    }

    @Test
    void onlyOneRowIsMissingWhenMsdbMissesOne() throws Exception {
        List<Faults.History> ways = List.of(Faults.History.OFF, Faults.History.PURGED, Faults.History.LATE);
        for (Faults.History how : ways) {
            bench.server.faults().next(new Fault.Remembers(how));
            bench.backUp("DATABASE [Sales]", 1, "");
        }
        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.backupset")).isEqualTo(1);

        bench.server.faults().release();

        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.backupset")).isEqualTo(2);
        bench.server.faults().next(new Fault.Remembers(Faults.History.OFFLINE));
        List<String> names = bench.names(1);
        try (BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            assertThat(bench.run("BACKUP DATABASE [Sales] TO " + Bench.clauses(names))
                            .messages())
                    .extracting(SqlMessage::number)
                    .contains(3009, 3014);
            client.awaitEnd();
        }
        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.backupset")).isEqualTo(2);
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(bench.server.jdbcUrl(), "sa", "Sluice!2026");
    }

    private static int spid(Statement statement) throws SQLException {
        try (var rows = statement.executeQuery("SELECT @@SPID")) {
            rows.next();
            return rows.getInt(1);
        }
    }
}
