package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Logins, roles, permissions, settings, linked servers, jobs and certificates of the stand-in.
@Timeout(60)
class ServerObjectsTest {

    private static final String SID = "0x0123456789ABCDEF0123456789ABCDEF";

    private Bench bench;

    @BeforeEach
    void start() throws Exception {
        bench = Bench.withSales();
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    @Test
    void aLoginComesBackWithItsSidAndItsPassword() throws Exception {
        bench.ok("CREATE LOGIN [app] WITH PASSWORD = N'Secret!123', SID = " + SID);
        byte[] hash = (byte[]) bench.value("SELECT password_hash FROM sys.sql_logins WHERE name = 'app'");
        bench.ok("DROP LOGIN [app]");
        bench.ok("CREATE LOGIN [app] WITH PASSWORD = 0x%s HASHED, SID = %s, CHECK_POLICY = ON, CHECK_EXPIRATION = OFF"
                .formatted(java.util.HexFormat.of().formatHex(hash), SID));

        assertThat(PasswordHash.fits(hash, "Secret!123")).isTrue();
        assertThat(PasswordHash.fits(hash, "Secret!124")).isFalse();
        assertThat((byte[]) bench.value("SELECT sid FROM sys.server_principals WHERE name = 'app'"))
                .isEqualTo(java.util.HexFormat.of().parseHex(SID.substring(2)));
    }

    @Test
    void whatTheServerRefusesIsRefused() throws Exception {
        bench.ok("CREATE LOGIN [app] WITH PASSWORD = N'Secret!123', SID = " + SID);

        assertThat(bench.errors("CREATE LOGIN [app] WITH PASSWORD = N'x'")).containsExactly(15025);
        assertThat(bench.errors("CREATE LOGIN [b] WITH PASSWORD = N'x', SID = " + SID))
                .containsExactly(15433);
        assertThat(bench.errors("CREATE LOGIN [b] WITH PASSWORD = N'x', SID = 0x01"))
                .containsExactly(15419);
        assertThat(bench.errors("CREATE LOGIN [b] WITH PASSWORD = 0x0201 HASHED"))
                .containsExactly(15021);
        assertThat(bench.errors("CREATE LOGIN [b] WITH PASSWORD = 0x0201")).containsExactly(102);
        assertThat(bench.errors("CREATE LOGIN [b] WITH PASSWORD = N'x', DEFAULT_DATABASE = [Nowhere]"))
                .containsExactly(15010);
        assertThat(bench.errors("CREATE LOGIN [b] WITH PASSWORD = N'x', CHECK_POLICY = OFF, CHECK_EXPIRATION = ON"))
                .containsExactly(15122);
        assertThat(bench.errors("CREATE LOGIN [b] FROM WINDOWS")).containsExactly(15407);
        assertThat(bench.errors("ALTER SERVER ROLE [nothing] ADD MEMBER [app]")).containsExactly(15151);
        assertThat(bench.errors("ALTER SERVER ROLE [public] ADD MEMBER [app]")).containsExactly(15081);
        assertThat(bench.errors("GRANT VIEW SERVER STATE TO [sysadmin]")).containsExactly(4624);
        assertThat(bench.errors("GRANT NOTHING AT ALL TO [app]")).containsExactly(102);
        assertThat(bench.errors("EXEC sp_configure 'max degree of parallelism', 4"))
                .containsExactly(15123);
        assertThat(bench.errors("EXEC sp_configure 'clr enabled', 7")).containsExactly(15129);
        assertThat(bench.errors("EXEC msdb.dbo.sp_add_job @job_name = N'j', @owner_login_name = N'nobody'"))
                .containsExactly(14234);
        assertThat(bench.errors("EXEC msdb.dbo.sp_add_job @job_name = N'j', @category_name = N'none'"))
                .containsExactly(14262);
        assertThat(bench.errors("EXEC msdb.dbo.sp_add_jobstep @job_name = N'j'"))
                .containsExactly(14262);
        assertThat(bench.errors("EXEC sp_add_job @job_name = N'j'"))
                .as("not in msdb")
                .containsExactly(2812);
        assertThat(bench.errors("EXEC sp_addlinkedserver @server = N'a', @srvproduct = N'Oracle'"))
                .containsExactly(15427);
        assertThat(bench.errors("CREATE CERTIFICATE x FROM BINARY = 0x00")).containsExactly(15581);
    }

    @Test
    void rolesPermissionsSettingsServersAndJobsAreKept(@TempDir Path state) throws Exception {
        try (Bench keeping = new Bench(options -> options.withStateDirectory(state))) {
            keeping.ok(
                    "CREATE LOGIN [app] WITH PASSWORD = N'Secret!123'; CREATE SERVER ROLE [readers] AUTHORIZATION [app];"
                            + " ALTER SERVER ROLE [readers] ADD MEMBER [app]; GRANT VIEW SERVER STATE TO [readers] WITH GRANT OPTION;"
                            + " DENY IMPERSONATE ON LOGIN::[app] TO [readers]; ALTER LOGIN [app] DISABLE");
            keeping.ok("EXEC sp_configure 'show advanced options', 1; RECONFIGURE;"
                    + " EXEC sp_configure 'max degree of parallelism', 4; RECONFIGURE WITH OVERRIDE");
            keeping.ok(
                    "EXEC sp_addlinkedserver @server = N'FAR', @srvproduct = N'', @provider = N'MSOLEDBSQL', @datasrc = N'far';"
                            + " EXEC sp_serveroption @server = N'FAR', @optname = N'rpc out', @optvalue = N'true';"
                            + " EXEC sp_addlinkedsrvlogin @rmtsrvname = N'FAR', @useself = N'True'");
            keeping.ok("EXEC msdb.dbo.sp_add_category @class = N'JOB', @type = N'LOCAL', @name = N'Ours';"
                    + " EXEC msdb.dbo.sp_add_job @job_name = N'Nightly', @category_name = N'Ours', @owner_login_name = N'app';"
                    + " EXEC msdb.dbo.sp_add_jobstep @job_name = N'Nightly', @step_name = N'one', @command = N'SELECT 1';"
                    + " EXEC msdb.dbo.sp_add_jobschedule @job_name = N'Nightly', @name = N'at two', @freq_type = 4, @freq_interval = 1;"
                    + " EXEC msdb.dbo.sp_add_jobserver @job_name = N'Nightly', @server_name = N'(local)'");
            keeping.ok("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'p'; CREATE CERTIFICATE Keys WITH SUBJECT = 's'");
        }
        try (Bench again = new Bench(options -> options.withStateDirectory(state))) {
            assertThat(again.value("SELECT is_disabled FROM sys.server_principals WHERE name = 'app'"))
                    .isEqualTo(true);
            assertThat(again.value("SELECT COUNT(*) FROM sys.server_role_members"))
                    .isEqualTo(2);
            assertThat(again.value("SELECT state FROM sys.server_permissions WHERE class = 101"))
                    .isEqualTo("D");
            assertThat(again.value(
                            "SELECT value_in_use FROM sys.configurations WHERE name = 'max degree of parallelism'"))
                    .isEqualTo(4);
            assertThat(again.value("SELECT is_rpc_out_enabled FROM sys.servers WHERE name = 'FAR'"))
                    .isEqualTo(true);
            assertThat(again.value("SELECT command FROM msdb.dbo.sysjobsteps")).isEqualTo("SELECT 1");
            assertThat(again.value("SELECT freq_type FROM msdb.dbo.sysschedules"))
                    .isEqualTo(4);
            assertThat(again.value("SELECT name FROM sys.symmetric_keys")).isEqualTo("##MS_DatabaseMasterKey##");
        }
    }

    @Test
    void aCertificateAndItsKeyComeBackAsBinaries() throws Exception {
        bench.ok("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'p'; CREATE CERTIFICATE Keys WITH SUBJECT = 's'");
        String id = bench.value("SELECT certificate_id FROM sys.certificates").toString();
        byte[] encoded = (byte[]) bench.value("SELECT CERTENCODED(%s)".formatted(id));
        byte[] key = (byte[]) bench.value("SELECT CERTPRIVATEKEY(%s, N'pw')".formatted(id));
        bench.ok("DROP CERTIFICATE Keys");
        String create =
                "CREATE CERTIFICATE Keys FROM BINARY = 0x%s WITH PRIVATE KEY (BINARY = 0x%s, DECRYPTION BY PASSWORD = N'%s')";
        java.util.HexFormat hex = java.util.HexFormat.of();

        assertThat(bench.errors(create.formatted(hex.formatHex(encoded), hex.formatHex(key), "wrong")))
                .containsExactly(15466);
        assertThat(bench.errors(create.formatted("00", hex.formatHex(key), "pw")))
                .containsExactly(15468);
        bench.ok(create.formatted(hex.formatHex(encoded), hex.formatHex(key), "pw"));
        assertThat(bench.value("SELECT name FROM sys.certificates")).isEqualTo("Keys");
    }

    @Test
    void aTransactionOfJobsIsRolledBackWhole() throws Exception {
        String add = "BEGIN TRANSACTION; DECLARE @rc int = 7; EXEC @rc = msdb.dbo.sp_add_job @job_name = N'j';"
                + " EXEC @rc = msdb.dbo.sp_add_jobstep @job_name = N'j', @step_name = N's', @subsystem = N'none';";

        assertThat(bench.errors(add + " IF @rc = 1 AND @@TRANCOUNT = 1 ROLLBACK TRANSACTION;"))
                .containsExactly(14234);
        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.sysjobs")).isEqualTo(0);
        assertThat(bench.errors("SET XACT_ABORT ON; " + add + " COMMIT TRANSACTION; SET XACT_ABORT OFF"))
                .as("raised errors do not abort")
                .containsExactly(14234);
        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.sysjobs")).isEqualTo(1);
        assertThat(bench.errors("SET XACT_ABORT ON; BEGIN TRANSACTION; EXEC msdb.dbo.sp_add_job @job_name = N'k';"
                        + " EXEC msdb.dbo.sp_add_job @nothing = 1; COMMIT TRANSACTION"))
                .containsExactly(8145);
        assertThat(bench.value("SELECT @@TRANCOUNT + COUNT(*) FROM msdb.dbo.sysjobs"))
                .isEqualTo(1);
    }

    @Test
    void aSidHasTheNameOfItsLogin() throws Exception {
        bench.ok("CREATE LOGIN [app] WITH PASSWORD = N'x', SID = " + SID + "; CREATE LOGIN [D\\a] FROM WINDOWS");
        byte[] windows = (byte[]) bench.value("SELECT sid FROM sys.server_principals WHERE name = 'D\\a'");
        bench.ok("DROP LOGIN [D\\a]");

        assertThat(bench.value("SELECT SUSER_SNAME(0x01)")).isEqualTo("sa");
        assertThat(bench.value("SELECT SUSER_SNAME(%s)".formatted(SID))).isEqualTo("app");
        assertThat(bench.value("SELECT SUSER_SNAME(0x%s)"
                        .formatted(java.util.HexFormat.of().formatHex(windows))))
                .as("the domain knows it still")
                .isEqualTo("D\\a");
        assertThat(bench.value("SELECT SUSER_SNAME(0x0102)")).isNull();
    }

    @Test
    void aTextIsPutTogetherFromPieces() throws Exception {
        assertThat(bench.value(
                        "DECLARE @t nvarchar(max) = CAST(N'' AS nvarchar(max)) + N'a' + NCHAR(10) + N'$' + N'(b)';"
                                + " SELECT @t"))
                .isEqualTo("a\n$(b)");
    }
}
