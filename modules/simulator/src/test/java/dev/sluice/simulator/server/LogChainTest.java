package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.mtf.Lsn;
import dev.sluice.simulator.tds.SqlMessage;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Chains of full, differential and log backups, taken and restored with plain T-SQL.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LogChainTest {

    private Bench bench;

    @BeforeEach
    void start() throws Exception {
        bench = Bench.withSales();
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    private List<byte[]> full() throws InterruptedException {
        return bench.backUp("DATABASE [Sales]", 2, "CHECKSUM");
    }

    private List<byte[]> log() throws InterruptedException {
        return bench.backUp("LOG [Sales]", 1, "CHECKSUM");
    }

    @Test
    void aChainRestoredToItsEndEqualsTheDatabase() throws Exception {
        List<byte[]> full = full();
        bench.work("Sales", 20, 1);
        List<byte[]> first = log();
        bench.work("Sales", 20, 2);
        List<byte[]> differential = bench.backUp("DATABASE [Sales]", 1, "DIFFERENTIAL");
        bench.work("Sales", 20, 3);
        List<byte[]> second = log();

        bench.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY"));
        bench.restored("LOG [A]", first, "NORECOVERY");
        bench.restored("LOG [A]", second, "RECOVERY");
        bench.restored("DATABASE [B]", full, Bench.moved("b", "NORECOVERY"));
        bench.restored("DATABASE [B]", differential, "NORECOVERY");
        bench.restored("LOG [B]", second, "NORECOVERY");
        bench.ok("RESTORE DATABASE [B] WITH RECOVERY");

        assertThat(bench.server.pageVersions("Sales")).isNotEmpty();
        assertThat(bench.server.compare("Sales", "A")).isEmpty();
        assertThat(bench.server.compare("Sales", "B")).isEmpty();
    }

    @Test
    void stopsAtAnInstantAndTakesBackWhatWasNotCommitted() throws Exception {
        List<byte[]> full = full();
        bench.later(Duration.ofMinutes(1));
        bench.work("Sales", 10, 1);
        Map<Long, Long> then = bench.server.pageVersions("Sales");
        LocalDateTime between = bench.time().plusSeconds(30);
        bench.ok("EXEC sluice_workload @database = N'Sales', @transactions = 1, @seed = 9, @leave_open = 1");
        bench.later(Duration.ofMinutes(1));
        bench.work("Sales", 10, 2);
        List<byte[]> log = log();

        bench.restored(
                "DATABASE [A]", full, Bench.moved("a", "NORECOVERY, STOPAT = N'%s'".formatted(Bench.iso(between))));
        bench.restored("LOG [A]", log, "STOPAT = N'%s', RECOVERY".formatted(Bench.iso(between)));

        assertThat(bench.server.pageVersions("A")).isEqualTo(then);
    }

    @Test
    void staysRestoringUntilTheLogWithTheStopPointComes() throws Exception {
        List<byte[]> full = full();
        bench.work("Sales", 5, 1);
        List<byte[]> log = log();
        String later = Bench.iso(bench.time().plusHours(1));

        bench.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY"));
        List<SqlMessage> messages = bench.restore("LOG [A]", log, "RECOVERY, STOPAT = N'%s'".formatted(later))
                .messages();

        assertThat(messages).extracting(SqlMessage::number).contains(4322, 3014);
        assertThat(bench.value("SELECT state_desc FROM sys.databases WHERE name = N'A'"))
                .isEqualTo("RESTORING");
        assertThat(Bench.numbers(bench.restore("LOG [A]", log, "STOPAT = N'2020-01-01T00:00:00', NORECOVERY")))
                .isEqualTo(List.of(4326, 3013));
    }

    @Test
    void refusesALogThatBeginsBehindTheStopPoint() throws Exception {
        List<byte[]> full = full();
        bench.work("Sales", 5, 1);
        List<byte[]> first = log();
        String between = Bench.iso(bench.time().plusSeconds(30));
        bench.later(Duration.ofMinutes(1));
        bench.work("Sales", 5, 2);
        List<byte[]> second = log();
        bench.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY"));
        bench.restored("LOG [A]", first, "NORECOVERY, STOPAT = N'%s'".formatted(between));

        assertThat(Bench.numbers(bench.restore("LOG [A]", second, "RECOVERY, STOPAT = N'%s'".formatted(between))))
                .isEqualTo(List.of(4338, 3013));
        assertThat(bench.value("SELECT state_desc FROM sys.databases WHERE name = N'A'"))
                .isEqualTo("RESTORING");
    }

    @Test
    void msdbRemembersWhereARestoreWasToldToStop() throws Exception {
        List<byte[]> full = full();
        bench.work("Sales", 5, 1);
        List<byte[]> log = log();
        String when = Bench.iso(bench.time().plusHours(1));

        bench.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY"));
        bench.restored("LOG [A]", log, "NORECOVERY, STOPAT = N'%s'".formatted(when));

        assertThat(bench.value("SELECT TOP 1 stop_at FROM msdb.dbo.restorehistory ORDER BY restore_history_id"))
                .isNull();
        assertThat(bench.value("SELECT TOP 1 stop_at FROM msdb.dbo.restorehistory ORDER BY restore_history_id DESC"))
                .isEqualTo(LocalDateTime.parse(when));
    }

    @Test
    void stopsBeforeALsn() throws Exception {
        List<byte[]> full = full();
        bench.work("Sales", 3, 1);
        Map<Long, Long> then = bench.server.pageVersions("Sales");
        Object lsn =
                bench.value("SELECT l.log_end_lsn FROM sys.databases d CROSS APPLY sys.dm_db_log_stats(d.database_id) l"
                        + " WHERE d.name = N'Sales'");
        bench.work("Sales", 3, 2);
        List<byte[]> log = log();
        String mark = Lsn.parse((String) lsn).toDecimal().toString();

        bench.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY"));
        bench.restored("LOG [A]", log, "STOPBEFOREMARK = N'lsn:%s', RECOVERY".formatted(mark));

        assertThat(bench.server.pageVersions("A")).isEqualTo(then);
    }

    @Test
    void refusesLogsThatDoNotFollow() throws Exception {
        List<byte[]> full = full();
        bench.work("Sales", 5, 1);
        List<byte[]> first = log();
        bench.work("Sales", 5, 2);
        List<byte[]> second = log();
        bench.work("Sales", 5, 3);
        List<byte[]> third = log();
        bench.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY"));

        assertThat(Bench.numbers(bench.restore("LOG [A]", second, "NORECOVERY")))
                .containsExactly(4305, 3013);
        bench.restored("LOG [A]", first, "NORECOVERY");
        bench.restored("LOG [A]", second, "NORECOVERY");
        assertThat(Bench.numbers(bench.restore("LOG [A]", first, "NORECOVERY"))).containsExactly(4326, 3013);
        bench.restored("LOG [A]", third, "RECOVERY");
        assertThat(Bench.numbers(bench.restore("LOG [A]", third, "RECOVERY"))).containsExactly(3117, 3013);
    }

    @Test
    void refusesALogOfAnotherRecoveryPath() throws Exception {
        List<byte[]> full = full();
        bench.work("Sales", 5, 1);
        List<byte[]> first = log();
        bench.restored("DATABASE [Fork]", full, Bench.moved("f", "RECOVERY"));
        bench.work("Fork", 5, 8);
        List<byte[]> forked = bench.backUp("LOG [Fork]", 1, "");
        bench.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY"));
        bench.restored("LOG [A]", first, "NORECOVERY");

        assertThat(Bench.numbers(bench.restore("LOG [A]", forked, "NORECOVERY")))
                .isIn(List.of(4330, 3013), List.of(4326, 3013));

        bench.restored("DATABASE [B]", full, Bench.moved("b", "NORECOVERY"));
        bench.restored("LOG [B]", forked, "RECOVERY");
        assertThat(bench.server.compare("Fork", "B")).isEmpty();
    }

    @Test
    void refusesADifferentialWithoutItsBase() throws Exception {
        List<byte[]> old = full();
        bench.work("Sales", 5, 1);
        full();
        bench.work("Sales", 5, 2);
        List<byte[]> differential = bench.backUp("DATABASE [Sales]", 1, "DIFFERENTIAL");

        assertThat(Bench.numbers(bench.restore("DATABASE [A]", differential, Bench.moved("a", "NORECOVERY"))))
                .containsExactly(3118, 3013);
        bench.restored("DATABASE [A]", old, Bench.moved("a", "NORECOVERY"));
        assertThat(Bench.numbers(bench.restore("DATABASE [A]", differential, "NORECOVERY")))
                .containsExactly(3136, 3013);
    }

    @Test
    void aCopyOnlyBackupIsNoBaseAndTruncatesNothing() throws Exception {
        List<byte[]> full = full();
        bench.work("Sales", 5, 1);
        bench.backUp("DATABASE [Sales]", 1, "COPY_ONLY");
        bench.backUp("LOG [Sales]", 1, "COPY_ONLY");
        bench.work("Sales", 5, 2);
        List<byte[]> differential = bench.backUp("DATABASE [Sales]", 1, "DIFFERENTIAL");
        bench.work("Sales", 5, 3);
        List<byte[]> log = log();

        bench.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY"));
        bench.restored("DATABASE [A]", differential, "NORECOVERY");
        bench.restored("LOG [A]", log, "RECOVERY");
        bench.restored("DATABASE [B]", full, Bench.moved("b", "NORECOVERY"));
        bench.restored("LOG [B]", log, "RECOVERY");

        assertThat(bench.server.compare("Sales", "A")).isEmpty();
        assertThat(bench.server.compare("Sales", "B")).isEmpty();
    }

    @Test
    void theTailOfADamagedDatabaseSavesEverything() throws Exception {
        List<byte[]> full = full();
        bench.work("Sales", 5, 1);
        Map<Long, Long> last = bench.server.pageVersions("Sales");
        bench.server.damage("Sales");
        assertThat(bench.errors("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x'"))
                .containsExactly(945, 3013);
        assertThat(bench.errors("BACKUP LOG [Sales] TO VIRTUAL_DEVICE = N'x' WITH NORECOVERY"))
                .containsExactly(945, 3013);
        assertThat(bench.value("SELECT state_desc FROM sys.databases WHERE name = N'Sales'"))
                .isEqualTo("SUSPECT");
        assertThat(bench.value("SELECT r.last_log_backup_lsn FROM sys.database_recovery_status r"
                        + " INNER JOIN sys.databases d ON d.database_id = r.database_id WHERE d.name = N'Sales'"))
                .isNull();
        List<byte[]> tail = bench.backUp("LOG [Sales]", 1, "NO_TRUNCATE, NORECOVERY");

        bench.restored("DATABASE [Sales]", full, "REPLACE, NORECOVERY");
        bench.restored("LOG [Sales]", tail, "RECOVERY");

        assertThat(bench.server.pageVersions("Sales")).isEqualTo(last);
    }

    @Test
    void standbyShowsTheDatabaseBetweenTwoLogs() throws Exception {
        List<byte[]> full = full();
        bench.work("Sales", 5, 1);
        Map<Long, Long> committed = bench.server.pageVersions("Sales");
        bench.ok("EXEC sluice_workload @database = N'Sales', @transactions = 1, @leave_open = 1, @seed = 5");
        List<byte[]> first = log();
        bench.work("Sales", 5, 3);
        List<byte[]> second = log();

        bench.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY"));
        bench.restored("LOG [A]", first, "STANDBY = N'/d/undo'");
        assertThat(bench.server.pageVersions("A")).isEqualTo(committed);
        assertThat(bench.value("SELECT is_in_standby FROM sys.databases WHERE name = N'A'"))
                .isEqualTo(true);

        bench.restored("LOG [A]", second, "NORECOVERY");
        bench.ok("RESTORE DATABASE [A] WITH RECOVERY");
        assertThat(bench.value("SELECT state_desc FROM sys.databases WHERE name = N'A'"))
                .isEqualTo("ONLINE");
    }

    @Test
    void theRecoveryModelDecidesAboutTheLog() throws Exception {
        assertThat(bench.errors("BACKUP LOG [Sales] TO VIRTUAL_DEVICE = N'x'")).containsExactly(4214, 3013);
        assertThat(bench.errors("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x' WITH DIFFERENTIAL"))
                .containsExactly(3035, 3013);
        bench.backUp("DATABASE [Sales]", 1, "COPY_ONLY");
        assertThat(bench.errors("BACKUP LOG [Sales] TO VIRTUAL_DEVICE = N'x'")).containsExactly(4214, 3013);
        full();
        bench.ok("ALTER DATABASE [Sales] SET RECOVERY SIMPLE");
        assertThat(bench.errors("BACKUP LOG [Sales] TO VIRTUAL_DEVICE = N'x'")).containsExactly(4208, 3013);
        bench.ok("ALTER DATABASE [Sales] SET RECOVERY FULL WITH NO_WAIT");
        assertThat(bench.errors("BACKUP LOG [Sales] TO VIRTUAL_DEVICE = N'x'")).containsExactly(4214, 3013);

        bench.backUp("DATABASE [Sales]", 1, "DIFFERENTIAL");
        bench.backUp("LOG [Sales]", 1, "");

        assertThat(bench.value("SELECT TOP 1 begins_log_chain FROM msdb.dbo.backupset WHERE type = 'L'"))
                .isEqualTo(true);
    }

    @Test
    void aLogThatNobodyBacksUpFills() throws Exception {
        full();
        bench.ok("EXEC sluice_log_capacity @database = N'Sales', @records = 100");
        assertThat(bench.errors("EXEC sluice_workload @database = N'Sales', @transactions = 100"))
                .containsExactly(9002);
        assertThat(bench.value("SELECT log_reuse_wait_desc FROM sys.databases WHERE name = N'Sales'"))
                .isEqualTo("LOG_BACKUP");
        assertThat((Long) bench.value("SELECT cntr_value FROM sys.dm_os_performance_counters"
                        + " WHERE RTRIM(counter_name) = N'Percent Log Used' AND RTRIM(instance_name) = N'Sales'"))
                .isBetween(90L, 100L);

        log();

        bench.work("Sales", 3, 4);
    }
}
