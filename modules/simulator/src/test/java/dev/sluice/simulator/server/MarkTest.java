package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlMessage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Transactions WITH MARK, and restores that stop at them.
@Timeout(60)
class MarkTest {

    private Bench bench;
    private List<byte[]> full;

    @BeforeEach
    void start() throws Exception {
        bench = Bench.withSales();
        full = bench.backUp("DATABASE [Sales]", 1, "");
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    private static final String WORK = "EXEC sluice_workload @database = N'Sales', @transactions = 2, @seed = ";

    private void marked(String name, int seed) throws InterruptedException {
        bench.ok("BEGIN TRAN %s WITH MARK N'before the release'; %s%d; COMMIT TRAN %s"
                .formatted(name, WORK, seed, name));
    }

    private Map<Long, Long> copy(String with, List<List<byte[]>> logs) throws InterruptedException {
        bench.restored("DATABASE [Copy]", full, Bench.moved("Copy", "NORECOVERY, REPLACE"));
        for (List<byte[]> log : logs) {
            bench.restored("LOG [Copy]", log, with + ", NORECOVERY");
        }
        bench.ok("RESTORE DATABASE [Copy] WITH RECOVERY");
        return bench.server.pageVersions("Copy");
    }

    @Test
    void areFoundByNameWithTheirTransactionOrWithoutIt() throws Exception {
        bench.work("Sales", 3, 1);
        Map<Long, Long> before = bench.server.pageVersions("Sales");
        List<byte[]> early = bench.backUp("LOG [Sales]", 1, "");
        marked("Release", 2);
        Map<Long, Long> after = bench.server.pageVersions("Sales");
        bench.work("Sales", 3, 3);
        List<byte[]> late = bench.backUp("LOG [Sales]", 1, "");

        assertThat(copy("STOPATMARK = N'Release'", List.of(early, late))).isEqualTo(after);
        assertThat(copy("STOPBEFOREMARK = N'Release'", List.of(early, late))).isEqualTo(before);
        assertThat(after).isNotEqualTo(before);
    }

    @Test
    void ofOneNameAreToldApartByTheTimeBehindWhichTheyCount() throws Exception {
        marked("Nightly", 1);
        Map<Long, Long> first = bench.server.pageVersions("Sales");
        bench.later(Duration.ofDays(1));
        String noon = Bench.iso(bench.time().minusHours(1));
        marked("Nightly", 2);
        Map<Long, Long> second = bench.server.pageVersions("Sales");
        List<byte[]> log = bench.backUp("LOG [Sales]", 1, "");

        assertThat(copy("STOPATMARK = N'Nightly'", List.of(log))).isEqualTo(first);
        assertThat(copy("STOPATMARK = N'Nightly' AFTER N'%s'".formatted(noon), List.of(log)))
                .isEqualTo(second);
        assertThat(copy("STOPBEFOREMARK = N'Nightly' AFTER N'%s'".formatted(noon), List.of(log)))
                .isEqualTo(first);
    }

    @Test
    void leaveTheDatabaseRestoringWhereTheyAreNot() throws Exception {
        bench.work("Sales", 3, 1);
        List<byte[]> log = bench.backUp("LOG [Sales]", 1, "");
        bench.restored("DATABASE [Copy]", full, Bench.moved("Copy", "NORECOVERY"));

        CollectedResponse response = bench.restore("LOG [Copy]", log, "STOPATMARK = N'Unknown', RECOVERY");

        assertThat(response.errors()).isEmpty();
        assertThat(response.messages()).extracting(SqlMessage::number).contains(4329, 3014);
        assertThat(bench.value("SELECT state_desc FROM sys.databases WHERE name = 'Copy'"))
                .isEqualTo("RESTORING");
        // Data backups take times and log sequence numbers only.
        assertThat(Bench.numbers(bench.restore(
                        "DATABASE [Other]", full, Bench.moved("Other", "STOPATMARK = N'Unknown', NORECOVERY"))))
                .containsExactly(3032, 3013);
    }

    @Test
    void areWrittenDownForEachLogThatTheTransactionChanged(@TempDir Path state) throws Exception {
        try (Bench keeping = new Bench(options ->
                options.withStateDirectory(state).withDatabase("Sales", 1 << 20).withDatabase("Stock", 1 << 20))) {
            keeping.ok("BEGIN TRANSACTION Release WITH MARK; " + WORK + "1; " + WORK.replace("Sales", "Stock")
                    + "1; COMMIT");
            keeping.ok("BEGIN TRAN Nothing WITH MARK 'changes nothing'; COMMIT");
            keeping.ok("BEGIN TRAN Taken WITH MARK; " + WORK + "2; ROLLBACK");
            keeping.ok("BEGIN TRAN Plain; " + WORK + "3; COMMIT");
        }
        try (Bench again = new Bench(options -> options.withStateDirectory(state))) {
            assertThat(again.ok("SELECT database_name, mark_name, user_name, description FROM"
                                    + " msdb.dbo.logmarkhistory WHERE lsn > 0 ORDER BY database_name")
                            .statements()
                            .getFirst()
                            .rows())
                    .containsExactly(
                            java.util.Arrays.asList("Sales", "Release", "sa", null),
                            java.util.Arrays.asList("Stock", "Release", "sa", null));
        }
        assertThat(bench.errors("BEGIN TRAN WITH MARK 'nameless'")).containsExactly(102);
    }

    @Test
    void aFullLogKeepsATransactionFromBeingCommitted() throws Exception {
        Map<Long, Long> before = bench.server.pageVersions("Sales");
        bench.ok("BEGIN TRAN Release WITH MARK; " + WORK + "7");
        bench.ok("EXEC sluice_log_capacity @database = N'Sales', @records = 1");

        assertThat(bench.errors("COMMIT")).containsExactly(9002);

        assertThat(bench.server.pageVersions("Sales")).isEqualTo(before);
        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.logmarkhistory")).isEqualTo(0);
    }

    @Test
    void workOfATransactionStaysOnlyIfItIsCommitted() throws Exception {
        Map<Long, Long> before = bench.server.pageVersions("Sales");
        bench.ok("BEGIN TRAN; " + WORK + "7; ROLLBACK");
        assertThat(bench.server.pageVersions("Sales")).isEqualTo(before);

        bench.ok(41, "BEGIN TRAN; " + WORK + "7"); // whose session ends
        assertThat(bench.server.pageVersions("Sales")).isEqualTo(before);

        bench.ok("BEGIN TRAN; BEGIN TRAN; " + WORK + "7; COMMIT");
        bench.server.restart(Duration.ZERO);
        assertThat(bench.server.pageVersions("Sales")).isEqualTo(before);
        bench.ok("COMMIT");
        assertThat(bench.server.pageVersions("Sales")).isEqualTo(before);

        bench.ok("BEGIN TRAN; BEGIN TRAN; " + WORK + "7; COMMIT; COMMIT");
        assertThat(bench.server.pageVersions("Sales")).isNotEqualTo(before);
        assertThat(bench.value("SELECT @@TRANCOUNT")).isEqualTo(0);
    }
}
