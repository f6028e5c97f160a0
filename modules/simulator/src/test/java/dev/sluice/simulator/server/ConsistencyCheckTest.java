package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlMessage;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// DBCC CHECKDB, and the volume on which a restore runs out of space.
@Timeout(60)
class ConsistencyCheckTest {

    private static final String QUIET = "DBCC CHECKDB (N'%s') WITH NO_INFOMSGS, ALL_ERRORMSGS";

    private Bench bench;

    @BeforeEach
    void start() throws Exception {
        bench = new Bench(options ->
                options.withDatabase("Sales", 4 << 20).withLogin(new ServerOptions.Login("reader", "Reader!1", false)));
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    private List<Integer> found(String database) throws InterruptedException {
        return bench.errors(QUIET.formatted(database));
    }

    @Test
    void aDatabaseWithoutDamageLeadsToNoMessage() throws Exception {
        assertThat(bench.ok(QUIET.formatted("Sales")).messages()).isEmpty();
        assertThat(bench.ok("DBCC CHECKDB ('Sales')").messages())
                .extracting(SqlMessage::number)
                .containsExactly(8989, 2528);
        assertThat(bench.errors("DBCC CHECKDB (N'Nowhere')")).containsExactly(911);
        assertThat(bench.errors("DBCC CHECKDB (N'Sales') WITH SOMETHING")).containsExactly(102);
    }

    /// A checksum is right for what was damaged before it was made, so a backup and its restore are good.
    @Test
    void aDamagedPageComesThroughBackupAndRestoreAndIsFoundThere() throws Exception {
        bench.work("Sales", 3, 7);
        bench.ok("EXEC sluice_damage_page @database = N'Sales', @page = 77");
        List<byte[]> full = bench.backUp("DATABASE [Sales]", 2, "CHECKSUM");
        bench.restored("DATABASE [Copy]", full, Bench.moved("Copy", ""));

        CollectedResponse response = bench.run(QUIET.formatted("Copy"));

        assertThat(Bench.numbers(response)).containsExactly(8939);
        assertThat(response.messages()).extracting(SqlMessage::number).contains(8989);
        assertThat(response.errors().getFirst().text()).contains("(1:77)");
        assertThat(found("Sales")).containsExactly(8939);
        assertThat(bench.errors("EXEC sluice_damage_page @database = N'Sales', @page = 99999"))
                .containsExactly(50_000);
    }

    @Test
    void aDatabaseThatIsRestoringIsNotChecked() throws Exception {
        List<byte[]> full = bench.backUp("DATABASE [Sales]", 1, "");
        bench.restored("DATABASE [Copy]", full, Bench.moved("Copy", "NORECOVERY"));

        assertThat(found("Copy")).containsExactly(927);
    }

    @Test
    void onlyAdministratorsCheck() throws Exception {
        try (var connection = DriverManager.getConnection(bench.server.jdbcUrl(), "reader", "Reader!1");
                var statement = connection.createStatement()) {
            statement.execute(QUIET.formatted("Sales"));
        } catch (SQLException e) {
            assertThat(e.getErrorCode()).isEqualTo(7983);
            return;
        }
        throw new AssertionError("a login without rights has checked a database");
    }

    @Test
    void aRestoreThatTheVolumeHasNoRoomForIsRefusedBeforeItBegins() throws Exception {
        List<byte[]> full = bench.backUp("DATABASE [Sales]", 1, "");
        bench.ok("EXEC sluice_volume @bytes = %d".formatted(6 << 20));

        assertThat(Bench.numbers(bench.restore("DATABASE [Copy]", full, Bench.moved("Copy", ""))))
                .containsExactly(3257, 3119, 3013);
        assertThat(bench.value("SELECT COUNT(*) FROM sys.databases WHERE name = N'Copy'"))
                .isEqualTo(0);
        assertThat((long) bench.value("SELECT available_bytes FROM sys.dm_os_volume_stats(DB_ID(N'Sales'), 1)"))
                .isLessThan(4 << 20);

        bench.ok("EXEC sluice_volume @bytes = %d".formatted(1L << 30));
        bench.restored("DATABASE [Copy]", full, Bench.moved("Copy", ""));
        long taken = (1L << 30)
                - (long) bench.value("SELECT available_bytes FROM sys.dm_os_volume_stats(DB_ID(N'Sales'), 1)");
        bench.ok("EXEC sluice_volume @bytes = 1");
        assertThat(Bench.numbers(bench.restore("DATABASE [Copy]", full, Bench.moved("Copy", "REPLACE"))))
                .contains(3257);
        // On a full volume, what it replaces makes room for it.
        bench.ok("EXEC sluice_volume @bytes = %d".formatted(taken));
        bench.restored("DATABASE [Copy]", full, Bench.moved("Copy", "REPLACE"));
    }

    @Test
    void aDatabaseHasATableForEachExtent() throws Exception {
        assertThat(bench.value("SELECT COUNT(*) FROM [Sales].sys.objects")).isEqualTo(64);
    }
}
