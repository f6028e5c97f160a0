package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.inprocess.InProcessVdi;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The server as mssql-jdbc sees it.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SimulatedServerTest {

    private final InProcessVdi vdi = new InProcessVdi();
    private SimulatedServer server;
    private Connection connection;

    @BeforeEach
    void start() throws Exception {
        server = SimulatedServer.start(ServerOptions.of(vdi).withDatabase("Sales", 20 << 20));
        connection = connect();
    }

    @AfterEach
    void stop() throws SQLException {
        connection.close();
        server.close();
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), "sa", "Sluice!2026");
    }

    @Test
    void backsUpAndRestoresADatabaseOverJdbc() throws Exception {
        List<byte[]> stripes;
        try (BackupClient client =
                BackupClient.storing(vdi, List.of("s", "s-2")).start()) {
            List<String> warnings = execute(
                    "BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N's', VIRTUAL_DEVICE = N's-2' WITH COPY_ONLY, CHECKSUM,"
                            + " FORMAT, STATS = 25, MAXTRANSFERSIZE = 1048576, BUFFERCOUNT = 6, NAME = N'a', DESCRIPTION = N'b'");
            client.awaitEnd();
            stripes = client.stripes();

            assertThat(warnings).contains("25 percent processed.", "100 percent processed.");
            assertThat(warnings.getLast()).startsWith("BACKUP DATABASE successfully processed");
            assertThat(client.commands.subList(client.commands.size() - 2, client.commands.size()))
                    .containsExactly("Complete", "Complete");
            assertThat(stripes.get(0).length + stripes.get(1).length).isGreaterThan(20 << 20);
        }

        try (BackupClient client =
                BackupClient.delivering(vdi, List.of("r", "r-2"), stripes).start()) {
            List<String> warnings = execute(
                    "RESTORE DATABASE [Copy] FROM VIRTUAL_DEVICE = N'r', VIRTUAL_DEVICE = N'r-2' WITH MOVE N'Sales' TO N'/d/c.mdf',"
                            + " MOVE N'Sales_log' TO N'/d/c.ldf', CHECKSUM, STATS = 10");
            client.awaitEnd();

            assertThat(warnings.getLast()).startsWith("RESTORE DATABASE successfully processed 2560 pages");
        }
        assertThat(server.compare("Sales", "Copy")).isEmpty();
        assertThat(vdi.setCount()).isZero();
    }

    @Test
    void answersWhatBackupProgramsAsk() throws Exception {
        assertThat(query("SELECT @@SPID")).isEqualTo("51");
        assertThat(query("SELECT @@VERSION")).startsWith("Microsoft SQL Server 2022");
        assertThat(query("SELECT CAST(SERVERPROPERTY('ProductMajorVersion') AS int)"))
                .isEqualTo("16");
        assertThat(query("SELECT IS_SRVROLEMEMBER('sysadmin')")).isEqualTo("1");
        assertThat(
                        query(
                                "SELECT recovery_model_desc FROM sys.databases WHERE name = N'sales' AND state_desc = 'ONLINE'"))
                .isEqualTo("FULL");
        assertThat(query("SELECT TOP (1) name FROM sys.databases WHERE source_database_id IS NULL AND database_id <> 2 "
                        + "AND name NOT LIKE 'm%' ORDER BY database_id DESC"))
                .isEqualTo("Sales");
        assertThat(query("SELECT t.text FROM sys.dm_exec_requests r CROSS APPLY sys.dm_exec_sql_text(r.sql_handle) AS t"
                        + " WHERE r.session_id = @@SPID"))
                .startsWith("SELECT t.text");
        assertThat(query("SELECT SYSUTCDATETIME()")).matches("\\d{4}-.*");
        assertThat(query(
                        "select count(*) from msdb.dbo.backupset b join msdb.dbo.backupmediafamily f on f.media_set_id ="
                                + " b.media_set_id left join msdb..backupmediaset m on m.media_set_id = b.media_set_id where"
                                + " f.physical_device_name = N'x' and f.family_sequence_number = 1"))
                .isEqualTo("0");
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT name, database_id FROM sys.databases WHERE name = ? OR database_id IN (?)")) {
            statement.setString(1, "Sales");
            statement.setInt(2, 1);
            try (ResultSet rows = statement.executeQuery()) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString("name")).isEqualTo("master");
                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt("database_id")).isEqualTo(5);
            }
        }
    }

    @Test
    void refusesWhatItDoesNotKnowWithSqlServersNumbers() {
        assertThat(errorOf("SELECT nonsense FROM sys.databases")).isEqualTo(207);
        assertThat(errorOf("SELECT 1 FROM sys.nonsense")).isEqualTo(208);
        assertThat(errorOf("SELECT nonsense('x')")).isEqualTo(195);
        assertThat(errorOf("BACKUP NONSENSE [Sales]")).isEqualTo(102);
        assertThat(errorOf("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x' WITH NONSENSE"))
                .isEqualTo(155);
        assertThat(errorOf("SELECT 'open")).isEqualTo(105);
        assertThat(errorOf("BACKUP DATABASE [Nowhere] TO VIRTUAL_DEVICE = N'x'"))
                .isEqualTo(911);
        assertThat(errorOf("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x'")).isEqualTo(3201);
        assertThat(errorOf("BACKUP LOG [Sales] TO VIRTUAL_DEVICE = N'x'")).isEqualTo(4214);
        assertThat(errorOf("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x' WITH BLOCKSIZE = 1000"))
                .isEqualTo(3253);
        assertThat(errorOf("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x' WITH MAXTRANSFERSIZE = 70000"))
                .isEqualTo(3250);
        assertThat(errorOf("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x' WITH CHECKSUM, NO_CHECKSUM"))
                .isEqualTo(3031);
        assertThat(errorOf("KILL 999")).isEqualTo(6106);
        assertThat(errorOf("EXEC sp_nonsense")).isEqualTo(2812);
    }

    @Test
    void sessionsExcludeEachOtherByApplicationLocks() throws Exception {
        try (Connection other = connect()) {
            assertThat(lock(connection, "sluice")).isZero();
            assertThat(lock(other, "sluice")).isEqualTo(-1);
            assertThat(lock(other, "something else")).isZero();

            execute("EXEC sp_releaseapplock @Resource = N'sluice', @LockOwner = 'Session'");

            assertThat(lock(other, "sluice")).isZero();
        }
        assertThat(query("DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'sluice', @LockMode = 'Exclusive',"
                        + " @LockOwner = 'Session', @LockTimeout = 5000; SELECT @r"))
                .isIn("0", "1");
    }

    private static int lock(Connection on, String resource) throws SQLException {
        try (CallableStatement call = on.prepareCall("{? = call sp_getapplock(?, ?, ?, ?)}")) {
            call.registerOutParameter(1, Types.INTEGER);
            call.setString(2, resource);
            call.setString(3, "Exclusive");
            call.setString(4, "Session");
            call.setInt(5, 0);
            call.execute();
            return call.getInt(1);
        }
    }

    /// Everything that was said, in order.
    private List<String> execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            boolean rows = statement.execute(sql);
            while (rows || statement.getUpdateCount() != -1) {
                rows = statement.getMoreResults();
            }
            List<String> said = new ArrayList<>();
            for (var warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
                said.add(warning.getMessage());
            }
            return said;
        }
    }

    private String query(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            boolean rows = statement.execute(sql);
            while (!rows) {
                assertThat(statement.getUpdateCount()).isNotEqualTo(-1);
                rows = statement.getMoreResults();
            }
            try (ResultSet result = statement.getResultSet()) {
                assertThat(result.next()).isTrue();
                return result.getString(1);
            }
        }
    }

    private int errorOf(String sql) {
        try {
            execute(sql);
            return 0;
        } catch (SQLException e) {
            return e.getErrorCode();
        }
    }
}
