package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.inprocess.InProcessVdi;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// T-SQL that the stand-in does not know is an error with a number, and the session goes on: one connection
/// serves all of them.
@Timeout(60)
class UnknownStatementsTest {

    private static SimulatedServer server;
    private static Connection connection;

    @BeforeAll
    static void start() throws Exception {
        server = SimulatedServer.start(ServerOptions.of(new InProcessVdi()).withDatabase("Sales", 1 << 20));
        connection = DriverManager.getConnection(server.jdbcUrl(), "sa", "Sluice!2026");
    }

    @AfterAll
    static void stop() throws SQLException {
        connection.close();
        server.close();
    }

    private static int refusal(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            boolean rows = statement.execute(sql);
            while (rows || statement.getUpdateCount() != -1) {
                rows = statement.getMoreResults();
            }
            return 0;
        } catch (SQLException e) {
            return e.getErrorCode();
        }
    }

    private static void requireAlive(String after) throws SQLException {
        assertThat(connection.isClosed()).as(after).isFalse();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT 17")) {
            rows.next();
            assertThat(rows.getInt(1)).as(after).isEqualTo(17);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "CREATE VIEW v AS SELECT 1 | 102",
                "CREATE TABLE t (a int) | 50000",
                "INSERT INTO t VALUES (1) | 102",
                "INSERT INTO t (a) VALUES (1) | 50000",
                "INSERT INTO t (a) SELECT 1 | 156",
                "UPDATE t SET a = 1 | 156",
                "MERGE t USING s ON 1 = 1 WHEN MATCHED THEN DELETE; | 102",
                "GRANT CONTROL TO x | 15151",
                "GRANT SELECT ON t TO x | 102",
                "THROW 51000, 'x', 1 | 2812",
                "TRUNCATE TABLE t | 102",
                "EXEC sp_cursoropen | 2812",
                "EXEC dbo.usp_nothing @a = 1 | 2812",
                "SELECT * FROM sys.dm_nothing | 208",
                "SELECT * FROM nothing.dbo.t | 208",
                "SELECT * FROM sys.dm_nothing(1) | 208",
                "SELECT nothing FROM sys.databases | 207",
                "SELECT NOTHING(1) | 195",
                "SELECT dbo.nothing(1) | 4121",
                "SELECT CAST(1 AS geography) | 243",
                "SELECT CAST(1 AS nothing) | 243",
                "DECLARE @x hierarchyid | 243",
                "DECLARE @x TABLE (a int) | 102",
                "SELECT @@NOTHING | 137",
                "SELECT @nothing | 137",
                "USE nothing | 911",
                "DBCC NOTHING | 2526",
                "ALTER DATABASE Sales SET NOTHING ON | 102",
                "ALTER DATABASE Sales MODIFY FILE (NAME = a) | 102",
                "ALTER ENDPOINT e STATE = STARTED | 102",
                "DROP TABLE t | 102",
                "BACKUP SERVER | 102",
                "RESTORE NOTHING | 102",
                "WAITFOR TIME '10:00' | 102",
                "SELECT 1 + | 102",
                "SELECT 'x | 105",
                "/* | 113",
                "SELECT 1.2.3 | 102",
                "SELECT 1 / 0 | 8134",
                "SELECT CAST('x' AS int) | 245",
                "WAITFOR DELAY 'x' | 148",
                "KILL 'x' | 245",
            })
    void isRefusedByNumber(String sql, int number) throws Exception {
        assertThat(refusal(sql)).as(sql).isEqualTo(number);
        requireAlive(sql);
    }

    @Test
    void aBatchThatIsNestedWithoutEndIsRefusedToo() throws Exception {
        for (String deep : new String[] {
            "SELECT " + "(".repeat(100_000) + "1",
            "SELECT " + "(-".repeat(100_000) + "1",
            "BEGIN ".repeat(100_000),
            "IF 1 = 1 ".repeat(100_000) + "SELECT 1",
            "SELECT 1 WHERE " + "NOT ".repeat(100_000) + "1 = 1"
        }) {
            assertThat(refusal(deep)).as(deep.substring(0, 30)).isPositive();
            requireAlive(deep.substring(0, 30));
        }
    }
}
