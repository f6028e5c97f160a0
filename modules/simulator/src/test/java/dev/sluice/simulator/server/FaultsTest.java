package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.tds.SqlSession;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What goes wrong on purpose.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FaultsTest {

    private Bench bench;

    @BeforeEach
    void start() throws Exception {
        bench = Bench.withSales();
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    /// @return the errors of a backup with this fault, whose client does everything right
    private List<Integer> backupWith(Fault fault, String what) throws InterruptedException {
        bench.server.faults().next(fault);
        List<String> names = bench.names(1);
        try (BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            List<Integer> errors = bench.errors("BACKUP %s TO %s".formatted(what, Bench.clauses(names)));
            client.awaitEndOrAbort();
            return errors;
        }
    }

    @Test
    void aFailedLogBackupHasTruncatedNothing() throws Exception {
        List<byte[]> full = bench.backUp("DATABASE [Sales]", 1, "");
        bench.work("Sales", 10, 1);

        assertThat(backupWith(new Fault.FailsAfter(0), "LOG [Sales]")).containsExactly(3043, 3013);
        assertThat(backupWith(new Fault.FailsAfterComplete(), "LOG [Sales]")).containsExactly(3043, 3013);
        assertThat(backupWith(new Fault.AbortsAfter(0), "LOG [Sales]")).containsExactly(3043, 3013);
        List<byte[]> log = bench.backUp("LOG [Sales]", 1, "");

        bench.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY"));
        bench.restored("LOG [A]", log, "");
        assertThat(bench.server.compare("Sales", "A")).isEmpty();
    }

    @Test
    void aServerThatDiesLeavesNoRowAndNoTruncation() throws Exception {
        bench.backUp("DATABASE [Sales]", 1, "");
        bench.work("Sales", 5, 1);

        assertThat(backupWith(new Fault.DiesAtCommand(1), "LOG [Sales]")).endsWith(3013);

        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.backupset WHERE type = 'L'"))
                .isEqualTo(0);
        assertThat(bench.server.lostLogRecords("Sales", _ -> false)).isZero();
    }

    @Test
    void aServerThatDiesBehindTheTruncationHasLostTheLogUnlessTheBackupSurvives() throws Exception {
        bench.backUp("DATABASE [Sales]", 1, "");
        bench.work("Sales", 5, 1);

        assertThat(backupWith(new Fault.DiesBeforeHistory(), "LOG [Sales]")).endsWith(3013);

        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.backupset WHERE type = 'L'"))
                .isEqualTo(0);
        assertThat(bench.server.lostLogRecords("Sales", _ -> true)).isZero();
        assertThat(bench.server.lostLogRecords("Sales", _ -> false)).isPositive();
    }

    @Test
    void msdbMayBeOfflineLatePurgedOrOff() throws Exception {
        bench.server.faults().history(Faults.History.OFFLINE);
        List<String> names = bench.names(1);
        try (BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            List<SqlMessage> messages = bench.run("BACKUP DATABASE [Sales] TO " + Bench.clauses(names))
                    .messages();
            client.awaitEnd();
            assertThat(messages)
                    .extracting(SqlMessage::number)
                    .contains(3009, 3014)
                    .doesNotContain(3013);
        }
        assertThat(bench.errors("SELECT * FROM msdb.dbo.backupset")).containsExactly(945);

        bench.server.faults().history(Faults.History.LATE);
        bench.backUp("DATABASE [Sales]", 1, "");
        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.backupset")).isEqualTo(0);
        bench.server.faults().history(Faults.History.NORMAL);
        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.backupset")).isEqualTo(1);

        for (Faults.History nothing : List.of(Faults.History.OFF, Faults.History.PURGED)) {
            bench.server.faults().history(nothing);
            bench.backUp("DATABASE [Sales]", 1, "");
        }
        bench.server.faults().history(Faults.History.NORMAL);
        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.backupset")).isEqualTo(1);
    }

    @Test
    void aStalledBackupGoesOnWhenReleasedAndHoldsTheLogMeanwhile() throws Exception {
        bench.backUp("DATABASE [Sales]", 1, "");
        bench.ok("EXEC sluice_fault N'stall', 100000");
        List<String> names = bench.names(1);
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            Thread backup = Thread.ofPlatform()
                    .daemon()
                    .start(() -> executeQuietly(statement, "BACKUP DATABASE [Sales] TO " + Bench.clauses(names)));
            await().until(() -> bench.server.faults().isStalling());
            bench.work("Sales", 5, 1);
            bench.backUp("LOG [Sales]", 1, "");

            assertThat(bench.value("SELECT log_reuse_wait_desc FROM sys.databases WHERE name = N'Sales'"))
                    .isEqualTo("ACTIVE_BACKUP_OR_RESTORE");
            assertThat(bench.errors("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x'"))
                    .containsExactly(3023, 3013);
            assertThat(bench.value("SELECT COUNT(*) FROM sys.dm_exec_requests WHERE command = N'BACKUP DATABASE'"
                            + " AND percent_complete > 0"))
                    .isEqualTo(1);

            bench.server.faults().release();
            backup.join();
            client.awaitEnd();
            assertThat(bench.server.outcomes().getLast().success()).isTrue();
        }
    }

    @Test
    void aBackupThatNeverOpensTheSetCanBeCancelled() throws Exception {
        bench.server.faults().next(new Fault.NeverOpens());
        List<String> names = bench.names(1);
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            Thread backup = Thread.ofPlatform()
                    .daemon()
                    .start(() -> executeQuietly(statement, "BACKUP DATABASE [Sales] TO " + Bench.clauses(names)));
            await().until(() -> bench.server.faults().isStalling());

            statement.cancel();
            backup.join();

            assertThat(bench.server.outcomes().getLast().errors())
                    .extracting(SqlMessage::number)
                    .containsExactly(3204, 3013);
            client.awaitEndOrAbort();
        }
    }

    @Test
    void aLostConnectionHidesASuccess() throws Exception {
        bench.server.faults().next(new Fault.LosesConnection());
        List<String> names = bench.names(1);
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            String state = stateOf(statement, "BACKUP DATABASE [Sales] TO " + Bench.clauses(names));
            client.awaitEnd();

            assertThat(state).isEqualTo("08S01");
            await().until(() -> !bench.server.outcomes().isEmpty());
            assertThat(bench.server.outcomes().getLast().success()).isTrue();
            assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.backupmediafamily WHERE physical_device_name = N'%s'"
                            .formatted(names.getFirst())))
                    .isEqualTo(1);
        }
    }

    @Test
    void aClientThatDiesUnnoticedBlocksTheDatabaseUntilItIsKilled() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        List<String> names = bench.names(1);
        BackupClient client = BackupClient.storing(bench.vdi, names)
                .answering(command -> {
                    if (command instanceof Command.Write) {
                        awaitUninterruptibly(never);
                    }
                    return CompletionCode.ERROR_SUCCESS;
                })
                .start();
        Cancellation cancellation = new Cancellation();
        SqlSession session = bench.server.open(43);
        Thread backup = Thread.ofPlatform().daemon().start(() -> {
            try (session) {
                Batch batch = Batch.of("BACKUP DATABASE [Sales] TO " + Bench.clauses(names));
                session.execute(batch, new CollectedResponse(), cancellation);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        await().until(() -> bench.server.statistics().commandsOutstanding() > 0);
        cancellation.cancel(Cancellation.Reason.CONNECTION_LOST);

        assertThat(bench.errors("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x'"))
                .containsExactly(3023, 3013);
        bench.ok("KILL 43");
        backup.join();
        assertThat(bench.errors("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x'"))
                .containsExactly(3201, 3013);

        never.countDown();
        client.awaitEnd();
        client.close();
    }

    @Test
    void needsSysadminForVirtualDevices() throws Exception {
        try (Bench other = new Bench(options -> options.withDatabase("Sales", 1 << 20)
                        .withLogin(new ServerOptions.Login("clerk", "Secret!1", false)));
                Connection connection = DriverManager.getConnection(other.server.jdbcUrl(), "clerk", "Secret!1");
                Statement statement = connection.createStatement()) {
            SQLException refused = failureOf(statement, "BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x'");

            assertThat(refused.getErrorCode()).isEqualTo(3265);
            assertThat(refused.getNextException().getMessage()).contains("terminating abnormally");
        }
    }

    @Test
    void aRestartKeepsDatabasesAndHistoryAndTakesBackWhatWasOpen(@TempDir Path state) throws Exception {
        Map<Long, Long> committed;
        List<byte[]> full;
        try (Bench before =
                new Bench(options -> options.withDatabase("Sales", 2 << 20).withStateDirectory(state))) {
            full = before.backUp("DATABASE [Sales]", 1, "");
            before.work("Sales", 5, 1);
            committed = before.server.pageVersions("Sales");
            before.ok("EXEC sluice_workload @database = N'Sales', @transactions = 1, @seed = 5, @leave_open = 1");
        }
        try (Bench after =
                new Bench(options -> options.withDatabase("Sales", 2 << 20).withStateDirectory(state))) {
            assertThat(after.server.pageVersions("Sales")).isEqualTo(committed);
            assertThat(after.value("SELECT COUNT(*) FROM msdb.dbo.backupset")).isEqualTo(1);
            List<byte[]> log = after.backUp("LOG [Sales]", 1, "");
            after.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY"));
            after.restored("LOG [A]", log, "");
            assertThat(after.server.compare("Sales", "A")).isEmpty();
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(bench.server.jdbcUrl(), "sa", "Sluice!2026");
    }

    private static void executeQuietly(Statement statement, String sql) {
        try {
            statement.execute(sql);
        } catch (SQLException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
    }

    private static String stateOf(Statement statement, String sql) {
        return failureOf(statement, sql).getSQLState();
    }

    private static SQLException failureOf(Statement statement, String sql) {
        try {
            statement.execute(sql);
        } catch (SQLException e) {
            return e;
        }
        throw new AssertionError("this must fail: " + sql);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
