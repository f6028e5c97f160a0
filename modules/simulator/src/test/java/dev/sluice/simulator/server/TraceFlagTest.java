package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.simulator.tds.SqlMessage;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TraceFlagTest {

    private Bench bench;

    @BeforeEach
    void start() throws Exception {
        bench = new Bench(options ->
                options.withDatabase("Sales", 1 << 20).withLogin(new ServerOptions.Login("reader", "Reader!1", false)));
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    private int rows() throws InterruptedException {
        return (int) bench.value("SELECT COUNT(*) FROM msdb.dbo.backupset");
    }

    private List<List<Object>> status(String arguments) throws InterruptedException {
        return bench.ok("DBCC TRACESTATUS (%s) WITH NO_INFOMSGS".formatted(arguments))
                .statements()
                .getFirst()
                .rows();
    }

    private static List<Object> row(int flag, int status, int global, int session) {
        return List.of((short) flag, (short) status, (short) global, (short) session);
    }

    @Test
    void thirtyHundredAndOneKeepsBackupsOutOfMsdb() throws Exception {
        bench.backUp("DATABASE [Sales]", 1, "");
        assertThat(bench.ok("DBCC TRACEON (3001, -1)").messages())
                .extracting(SqlMessage::number)
                .containsExactly(2528);
        bench.backUp("DATABASE [Sales]", 1, "");
        assertThat(rows()).isEqualTo(1);

        bench.ok("dbcc traceoff(3001, -1)");
        bench.backUp("DATABASE [Sales]", 1, "");
        assertThat(rows()).isEqualTo(2);

        bench.ok("DBCC TRACEON (3001)");
        bench.backUp("DATABASE [Sales]", 1, "");
        assertThat(rows()).isEqualTo(2);
    }

    @Test
    void areListedByScopeAndEndWithTheServer() throws Exception {
        assertThat(status("-1")).isEmpty();
        assertThat(status("3001")).containsExactly(row(3001, 0, 0, 0));
        bench.ok("DBCC TRACEON (3001, 3226, -1)");
        bench.ok("DBCC TRACEON (3604)");
        assertThat(status("-1")).containsExactly(row(3001, 1, 1, 0), row(3226, 1, 1, 0), row(3604, 1, 0, 1));

        bench.server.restart(Duration.ZERO);
        assertThat(status("3001, 3226")).containsExactly(row(3001, 0, 0, 0), row(3226, 0, 0, 0));
    }

    @Test
    void areForAdministratorsAndDbccKnowsLittleElse() throws Exception {
        assertThat(bench.errors("DBCC TRACEON ()")).containsExactly(2560);
        assertThat(bench.errors("DBCC TRACEON (-1)")).containsExactly(2560);
        assertThat(bench.errors("DBCC SHRINKDATABASE ('Sales')")).first().isIn(2526, 245);
        try (var connection = DriverManager.getConnection(bench.server.jdbcUrl(), "reader", "Reader!1");
                var statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("DBCC TRACEON (3001, -1)"))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(e.getErrorCode()).isEqualTo(2571));
        }
    }
}
