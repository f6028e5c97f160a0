package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// CREATE DATABASE, and the one table of such a database: its rows travel with backups as pages do.
@Timeout(60)
class WorkloadTableTest {

    private static final String TABLE =
            "CREATE TABLE [Made].dbo.workload (n bigint NOT NULL, filler varbinary(8000) NOT NULL)";
    private static final String INSERT = "INSERT INTO [Made].dbo.workload (n, filler) VALUES ";
    private static final String COUNT = "SELECT COUNT(*) AS total, MAX(n) AS highest FROM [%s].dbo.workload";

    private Bench bench;

    @BeforeEach
    void start() throws Exception {
        bench = new Bench(options -> options.withDatabase("Sales", 1 << 20));
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    private void rows(String database, long count) throws Exception {
        Object total = bench.value(COUNT.formatted(database));
        assertThat(((Number) total).longValue()).as(database).isEqualTo(count);
    }

    @Test
    void rowsComeBackWithARestoreAndThoseAfterTheBackupDoNot() throws Exception {
        bench.ok("CREATE DATABASE [Made]");
        bench.ok("ALTER DATABASE [Made] MODIFY FILE (NAME = N'Made', SIZE = 16 MB)");
        bench.ok(TABLE);
        bench.ok(INSERT + "(1, 0x01), (2, 0x02)");
        List<byte[]> full = bench.backUp("DATABASE [Made]", 1, "FORMAT");
        bench.ok(INSERT + "(3, 0x03)");

        bench.restored("DATABASE [Copy]", full, Bench.moved("Copy", "").replace("N'Sales", "N'Made"));

        rows("Made", 3);
        rows("Copy", 2);
    }

    @Test
    void whatIsRolledBackWasNeverThere() throws Exception {
        bench.ok("CREATE DATABASE [Made]");
        bench.ok(TABLE);
        bench.ok("BEGIN TRAN; " + INSERT + "(1, 0x01); ROLLBACK");

        rows("Made", 0);
        bench.ok(INSERT + "(1, 0x01)");
        rows("Made", 1);
    }

    @Test
    void everythingElseIsRefused() throws Exception {
        bench.ok("CREATE DATABASE [Made]");
        assertThat(bench.errors("CREATE DATABASE [Made]")).containsExactly(1801);
        assertThat(bench.errors(INSERT + "(1, 0x01)")).containsExactly(208);
        assertThat(bench.errors(COUNT.formatted("Made"))).containsExactly(208);
        assertThat(bench.errors("CREATE TABLE [Made].dbo.other (n bigint NOT NULL)"))
                .containsExactly(50_000);
        assertThat(bench.errors("CREATE TABLE [Made].dbo.workload (n bigint)")).containsExactly(50_000);
        assertThat(bench.errors(TABLE.replace("Made", "Sales"))).containsExactly(50_000);
        bench.ok(TABLE);
        assertThat(bench.errors(TABLE)).containsExactly(2714);
        assertThat(bench.errors(INSERT + "(2, 0x01)")).as("not the next number").containsExactly(50_000);
        assertThat(bench.errors(INSERT + "(1)")).containsExactly(50_000);
        assertThat(bench.errors(COUNT.formatted("Sales"))).containsExactly(208);
        assertThat(bench.errors("ALTER DATABASE [Made] MODIFY FILE (NAME = N'Other', SIZE = 16 MB)"))
                .containsExactly(50_000);
        assertThat(bench.errors("ALTER DATABASE [Made] MODIFY FILE (NAME = N'Made', SIZE = x)"))
                .containsExactly(102);
        bench.backUp("DATABASE [Made]", 1, "FORMAT");
        assertThat(bench.errors("ALTER DATABASE [Made] MODIFY FILE (NAME = N'Made', SIZE = 16 MB)"))
                .containsExactly(50_000);
    }
}
