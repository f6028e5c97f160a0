package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlSession;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Names as long as they can be, and names that change.
@Timeout(60)
class DatabaseNamesTest {

    private static final String IDENTITY = """
            SELECT CONCAT(r.family_guid, r.database_guid, r.recovery_fork_guid, r.last_log_backup_lsn, d.database_id)
            FROM sys.database_recovery_status r INNER JOIN sys.databases d ON d.database_id = r.database_id
            WHERE d.name = N'%s'""";

    @TempDir
    Path directory;

    @Test
    void aRenamedDatabaseStaysWhatItIs() throws Exception {
        Bench bench = new Bench(options -> options.withStateDirectory(directory).withDatabase("Sales", 1 << 20));
        try (bench) {
            List<byte[]> full = bench.backUp("DATABASE [Sales]", 1, "");
            bench.work("Sales", 3, 1);
            Object before = bench.value(IDENTITY.formatted("Sales"));

            bench.ok("ALTER DATABASE [Sales] MODIFY NAME = [Sales 2027]");

            assertThat(bench.value(IDENTITY.formatted("Sales 2027"))).isEqualTo(before);
            assertThat(bench.errors("USE [Sales]")).containsExactly(911);
            List<byte[]> log = bench.backUp("LOG [Sales 2027]", 1, "");
            bench.restored("DATABASE [Copy]", full, Bench.moved("c", "NORECOVERY"));
            bench.restored("LOG [Copy]", log, "RECOVERY");
            assertThat(bench.server.compare("Sales 2027", "Copy")).isEmpty();
            assertThat(bench.ok("SELECT database_name FROM msdb.dbo.backupset ORDER BY backup_set_id")
                            .statements()
                            .getFirst()
                            .rows())
                    .as("history has the names of its time")
                    .containsExactly(List.of("Sales"), List.of("Sales 2027"));
            bench.ok("ALTER DATABASE [sales 2027] MODIFY NAME = [SALES 2027]");
        }
        try (Bench again = new Bench(options -> options.withStateDirectory(directory))) {
            assertThat(again.value("SELECT name FROM sys.databases WHERE database_id = 5"))
                    .isEqualTo("SALES 2027");
        }
    }

    @Test
    void aNameIsChangedForNobodyElsesHarm() throws Exception {
        try (Bench bench =
                new Bench(options -> options.withDatabase("Sales", 1 << 20).withDatabase("Orders", 1 << 20))) {
            assertThat(bench.errors("ALTER DATABASE [Sales] MODIFY NAME = [orders]"))
                    .containsExactly(1801);
            assertThat(bench.errors("ALTER DATABASE [Absent] MODIFY NAME = [x]"))
                    .containsExactly(911);
            assertThat(bench.errors("ALTER DATABASE [msdb] MODIFY NAME = [x]")).containsExactly(50000);
            assertThat(bench.errors("ALTER DATABASE [Sales] MODIFY NAME = [%s]".formatted("x".repeat(129))))
                    .containsExactly(103);
            try (SqlSession other = bench.server.open(41)) {
                run(other, "USE [Sales]");
                assertThat(bench.errors("ALTER DATABASE [Sales] MODIFY NAME = [x]"))
                        .containsExactly(5030);

                CollectedResponse own = run(other, "ALTER DATABASE [Sales] MODIFY NAME = [x]");
                assertThat(own.errors()).isEmpty();
                assertThat(own.database()).isEqualTo("x");
                assertThat(other.database()).isEqualTo("x");
            }
            bench.backUp("DATABASE [x]", 1, "");
            bench.backUp("LOG [x]", 1, "NORECOVERY");
            assertThat(bench.errors("ALTER DATABASE [x] MODIFY NAME = [y]")).containsExactly(5052);
        }
    }

    private static CollectedResponse run(SqlSession session, String sql) throws InterruptedException {
        CollectedResponse response = new CollectedResponse();
        session.execute(Batch.of(sql), response, new Cancellation());
        return response;
    }

    @Test
    void theFilesOfALongNameHaveNamesThatCanBeRead() throws Exception {
        String longest = "\uD83D\uDCA7".repeat(64);
        String odd = "x" + "\uD83D\uDCA7".repeat(63) + "y";
        try (Bench bench = new Bench(options -> options.withDatabase(longest, 1 << 20)
                .withDatabase(odd, 1 << 20)
                .withDatabase("Sales", 1 << 20))) {
            assertThat(bench.ok("SELECT name FROM sys.master_files WHERE database_id >= 5")
                            .statements()
                            .getFirst()
                            .rows())
                    .extracting(List::getFirst)
                    .containsExactly(
                            longest,
                            longest.substring(0, 124) + "_log",
                            odd,
                            odd.substring(0, 123) + "_log",
                            "Sales",
                            "Sales_log");
            List<byte[]> full = bench.backUp("DATABASE [%s]".formatted(longest), 1, "");

            bench.restored(
                    "DATABASE [Copy]",
                    full,
                    "MOVE N'%s' TO N'/d/c.mdf', MOVE N'%s_log' TO N'/d/c.ldf'"
                            .formatted(longest, longest.substring(0, 124)));
            bench.restored("DATABASE [Copy]", bench.backUp("DATABASE [Sales]", 1, ""), Bench.moved("c", "REPLACE"));

            assertThat(Bench.numbers(
                            bench.restore("DATABASE [%s]".formatted("n".repeat(129)), full, Bench.moved("n", ""))))
                    .contains(103);
        }
    }
}
