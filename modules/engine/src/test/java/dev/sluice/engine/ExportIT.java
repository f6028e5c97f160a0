package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Exports;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.export.ExportOrigin;
import dev.sluice.engine.export.ExportRequest;
import dev.sluice.engine.export.ExportResult;
import dev.sluice.engine.export.ExportSource;
import dev.sluice.engine.export.OpenedExport;
import dev.sluice.engine.export.Passphrase;
import dev.sluice.engine.export.ReplayReport;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.simulator.s3.EmbeddedS3;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What an instance has beside its databases, from one server to another.
@Timeout(180)
class ExportIT {

    private static final Passphrase PHRASE = new Passphrase("five words are long enough".toCharArray());
    private static final ExportSource NEWEST = new ExportSource.InBucket("");
    private static final String COMMAND = "PRINT N''one''" + "\r\nGO\r\n" + "PRINT N''$(ESCAPE_SQUOTE(JOBID))''";

    @TempDir
    Path directory;

    private final List<ExportOrigin> shown = new ArrayList<>();
    private EmbeddedS3 s3;
    private Installation old;
    private Installation fresh;

    @BeforeEach
    void start() throws Exception {
        s3 = EmbeddedS3.start(directory.resolve("s3"), "sluice");
        old = Installation.start(s3, s3.endpoint(), 64L << 20, options -> options.withDatabase("Sales", 1 << 20));
        fresh = Installation.start(s3, s3.endpoint(), 64L << 20, options -> options.withServerName("FRESH"));
    }

    @AfterEach
    void stop() throws Exception {
        old.close();
        fresh.close();
        s3.close();
    }

    private static void sql(Installation installation, String... statements) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(installation.server.jdbcUrl(), "sa", installation.password());
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        }
    }

    private static List<String> values(Installation installation, String query) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(installation.server.jdbcUrl(), "sa", installation.password());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        }
    }

    private void furnish() throws SQLException {
        sql(
                old,
                "CREATE LOGIN [app] WITH PASSWORD = N'Secret!123', DEFAULT_DATABASE = [Sales], CHECK_POLICY = OFF",
                "CREATE LOGIN [it's ]] odd; DROP LOGIN app --] WITH PASSWORD = N'Secret!456'",
                "CREATE LOGIN [gone] WITH PASSWORD = N'Secret!789'; ALTER LOGIN [gone] DISABLE",
                "CREATE LOGIN [DOM\\people] FROM WINDOWS",
                "CREATE SERVER ROLE [readers] AUTHORIZATION [app]",
                "ALTER SERVER ROLE [readers] ADD MEMBER [app]; ALTER SERVER ROLE [dbcreator] ADD MEMBER [app]",
                "GRANT VIEW SERVER STATE TO [readers] WITH GRANT OPTION; DENY IMPERSONATE ON LOGIN::[app] TO [gone]",
                "EXEC sp_configure 'show advanced options', 1",
                "RECONFIGURE",
                "EXEC sp_configure 'max degree of parallelism', 4; EXEC sp_configure 'max server memory (MB)', 4096",
                "RECONFIGURE",
                "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'p'; CREATE CERTIFICATE Keys WITH SUBJECT = 's'",
                "EXEC sp_addlinkedserver @server = N'FAR', @srvproduct = N'', @provider = N'MSOLEDBSQL', @datasrc = N'far',"
                        + " @provstr = N'Encrypt=yes;PWD=hidden77;x=1'; EXEC sp_addlinkedsrvlogin @rmtsrvname = N'FAR',"
                        + " @useself = N'False', @locallogin = N'app', @rmtuser = N'remote', @rmtpassword = N'hidden77'",
                "EXEC msdb.dbo.sp_add_category @class = N'JOB', @type = N'LOCAL', @name = N'Ours';"
                        + " EXEC msdb.dbo.sp_add_job @job_name = N'Nightly', @category_name = N'Ours', @owner_login_name = N'app';"
                        + " EXEC msdb.dbo.sp_add_jobstep @job_name = N'Nightly', @step_name = N'one', @command = N'"
                        + COMMAND
                        + "', @database_name = N'Sales', @on_success_action = 3;"
                        + " EXEC msdb.dbo.sp_add_jobstep @job_name = N'Nightly', @step_name = N'two', @command = N'x', @retry_attempts = 2;"
                        + " EXEC msdb.dbo.sp_add_jobschedule @job_name = N'Nightly', @name = N'at two', @freq_type = 4, @freq_interval = 1,"
                        + " @active_start_time = 20000; EXEC msdb.dbo.sp_add_jobserver @job_name = N'Nightly', @server_name = N'(local)'",
                "EXEC msdb.dbo.sp_add_job @job_name = N'Off', @enabled = 0; EXEC msdb.dbo.sp_add_jobserver @job_name = N'Off'");
    }

    private ExportResult exported() {
        return old.engine.exportInstance(new ExportRequest(PHRASE, null)).block(Installation.SOON);
    }

    private ReplayReport replayed(boolean enableJobs) {
        return fresh.engine.replay(NEWEST, PHRASE, enableJobs, shown::add).block(Installation.SOON);
    }

    private static void fails(FailureId id, Runnable what) {
        assertThatThrownBy(what::run)
                .isInstanceOfSatisfying(
                        OperationFailed.class,
                        failure -> assertThat(failure.id()).isEqualTo(id));
    }

    @Test
    void aFreshServerGetsWhatTheOldOneHad() throws Exception {
        furnish();
        ExportResult export = exported();

        ReplayReport report = replayed(false);

        assertThat(export.logins()).isEqualTo(4);
        assertThat(export.notes())
                .anyMatch(note -> note.contains("password of 'remote'"))
                .anyMatch(note -> note.contains("provider string"));
        assertThat(report.failed()).isEmpty();
        assertThat(report.messages()).isEmpty();
        String logins =
                "SELECT CONVERT(nvarchar(200), name) FROM sys.server_principals WHERE principal_id > 256 ORDER BY name";
        assertThat(values(fresh, logins)).isEqualTo(values(old, logins)).contains("it's ] odd; DROP LOGIN app --");
        for (String query : List.of(
                "SELECT sid FROM sys.server_principals WHERE type = 'S' AND principal_id > 256 ORDER BY name",
                "SELECT password_hash FROM sys.sql_logins WHERE principal_id > 256 ORDER BY name",
                "SELECT is_disabled FROM sys.server_principals ORDER BY name",
                "SELECT permission_name FROM sys.server_permissions ORDER BY permission_name",
                "SELECT COUNT(*) FROM sys.server_role_members",
                "SELECT name FROM sys.certificates",
                "SELECT command FROM msdb.dbo.sysjobsteps ORDER BY step_name",
                "SELECT on_success_action FROM msdb.dbo.sysjobsteps ORDER BY step_name",
                "SELECT retry_attempts FROM msdb.dbo.sysjobsteps ORDER BY step_name",
                "SELECT active_start_time FROM msdb.dbo.sysschedules",
                "SELECT COUNT(*) FROM msdb.dbo.sysjobservers",
                "SELECT value_in_use FROM sys.configurations WHERE name = 'max degree of parallelism'",
                "SELECT data_source FROM sys.servers WHERE is_linked = 1")) {
            assertThat(values(fresh, query)).as(query).isNotEmpty().isEqualTo(values(old, query));
        }
        // The password is the old one, and the machine's memory the new one's.
        DriverManager.getConnection(fresh.server.jdbcUrl(), "app", "Secret!123").close();
        assertThat(values(fresh, "SELECT value FROM sys.configurations WHERE name = 'max server memory (MB)'"))
                .doesNotContain("4096");
        assertThat(values(fresh, "SELECT enabled FROM msdb.dbo.sysjobs")).containsOnly("0");

        ReplayReport again = replayed(true);

        assertThat(again.failed()).as("what is there stays").isEmpty();
        assertThat(values(fresh, "SELECT enabled FROM msdb.dbo.sysjobs ORDER BY name"))
                .containsExactly("1", "0");
        assertThat(values(fresh, "SELECT COUNT(*) FROM msdb.dbo.sysjobsteps")).containsExactly("2");
    }

    @Test
    void nothingOfItIsReadableWithoutThePassphrase() throws Exception {
        furnish();
        ExportResult export = exported();

        List<Exports.Listed> listed = old.engine.exports().block(Installation.SOON);
        byte[] sealed = Files.readAllBytes(s3.directory().resolve("sluice/test").resolve(export.key()));

        assertThat(listed).extracting(each -> each.key().id()).containsExactly(export.id());
        assertThat(new String(sealed, StandardCharsets.ISO_8859_1))
                .startsWith("SLUICEEX")
                .doesNotContain("app", "LOGIN", "Nightly", "README");
        fails(
                FailureId.WRONG_PASSPHRASE,
                () -> fresh.engine
                        .openExport(NEWEST, new Passphrase("another one, long enough".toCharArray()))
                        .block(Installation.SOON));
        fails(
                FailureId.NO_SUCH_EXPORT,
                () -> fresh.engine
                        .openExport(new ExportSource.InBucket("01ZZZ"), PHRASE)
                        .block(Installation.SOON));
        OpenedExport opened = old.engine.openExport(NEWEST, PHRASE).block(Installation.SOON);
        assertThat(opened.files().keySet())
                .containsExactly(
                        "README.txt",
                        "manifest.txt",
                        "01-configuration.sql",
                        "02-certificates.sql",
                        "03-logins.sql",
                        "04-server-roles.sql",
                        "05-permissions.sql",
                        "06-linked-servers.sql",
                        "07-jobs.sql",
                        "08-enable-jobs.sql");
        assertThat(String.join("\n", opened.files().values()))
                .doesNotContain("hidden77", "CREATE LOGIN [sa]", "LOGIN [##");
        assertThat(opened.files().get("07-jobs.sql")).doesNotContain("$(").contains("@enabled = 0");
    }

    @Test
    void anotherServerDoesNotExportUnderTheIdentityOfTheLostOne() throws Exception {
        exported();

        fails(
                FailureId.IDENTITY_TAKEN,
                () -> fresh.engine
                        .exportInstance(new ExportRequest(PHRASE, null))
                        .block(Installation.SOON));
        Path file = directory.resolve("fresh.sluice-export");
        fresh.engine.exportInstance(new ExportRequest(PHRASE, file)).block(Installation.SOON);
        fails(
                FailureId.FILE_EXISTS,
                () -> fresh.engine
                        .exportInstance(new ExportRequest(PHRASE, file))
                        .block(Installation.SOON));
        assertThat(old.engine
                        .openExport(new ExportSource.InFile(file), PHRASE)
                        .block(Installation.SOON)
                        .files())
                .containsKey("README.txt");
    }

    @Test
    void whatTheServerRefusesHoldsUpNothingElse() throws Exception {
        sql(
                old,
                "CREATE LOGIN [app] WITH PASSWORD = N'Secret!123'",
                "CREATE LOGIN [other] WITH PASSWORD = N'Secret!123'");
        String sid = values(old, "SELECT sid FROM sys.server_principals WHERE name = 'app'")
                .getFirst();
        exported();
        sql(
                fresh,
                "CREATE LOGIN [taken] WITH PASSWORD = N'Secret!123', SID = 0x" + sid,
                "CREATE LOGIN [other] WITH PASSWORD = N'mine'");

        ReplayReport report = replayed(false);

        assertThat(report.failed()).extracting(ReplayReport.Refused::file).contains("03-logins.sql");
        assertThat(report.failed().getFirst().why()).contains("15433");
        assertThat(report.messages()).anyMatch(message -> message.contains("login other exists with another SID"));
    }

    @Test
    void aLoginAndARoleThatWereThereBeforeStayAsTheyAre() throws Exception {
        sql(
                old,
                "CREATE LOGIN [admin] WITH PASSWORD = N'Secret!123'; ALTER SERVER ROLE [sysadmin] ADD MEMBER [admin];"
                        + " GRANT CONTROL SERVER TO [admin]; ALTER LOGIN [admin] DISABLE",
                "CREATE LOGIN [app] WITH PASSWORD = N'Secret!456'",
                "CREATE LOGIN [DOM\\people] FROM WINDOWS; GRANT VIEW SERVER STATE TO [DOM\\people];"
                        + " GRANT IMPERSONATE ON LOGIN::[admin] TO [app]",
                "CREATE SERVER ROLE [ours]; ALTER SERVER ROLE [ours] ADD MEMBER [app]; GRANT VIEW ANY DATABASE TO [ours]");
        exported();
        sql(
                fresh,
                "CREATE LOGIN [admin] WITH PASSWORD = N'mine'",
                "CREATE SERVER ROLE [ours]; GRANT CONTROL SERVER TO [ours]");

        ReplayReport report = replayed(false);

        assertThat(report.failed()).isEmpty();
        assertThat(report.messages())
                .anyMatch(message -> message.contains("login admin exists with another SID"))
                .anyMatch(message -> message.contains("server role ours or its member app was there before"))
                .anyMatch(message -> message.contains("GRANT VIEW ANY DATABASE to ours is left out"))
                .hasSize(3);
        DriverManager.getConnection(fresh.server.jdbcUrl(), "admin", "mine").close();
        String of =
                "SELECT COUNT(*) FROM %s AS m JOIN sys.server_principals AS p ON p.principal_id = m.%s WHERE p.name = '%s'";
        assertThat(values(fresh, of.formatted("sys.server_role_members", "member_principal_id", "admin")))
                .containsExactly("0");
        assertThat(values(fresh, of.formatted("sys.server_role_members", "member_principal_id", "app")))
                .containsExactly("0");
        assertThat(values(fresh, of.formatted("sys.server_permissions", "grantee_principal_id", "admin")))
                .as("CONNECT SQL")
                .containsExactly("1");
        assertThat(values(fresh, of.formatted("sys.server_permissions", "grantee_principal_id", "app")))
                .containsExactly("1");
        assertThat(values(fresh, of.formatted("sys.server_permissions", "grantee_principal_id", "ours")))
                .containsExactly("1");
        assertThat(values(fresh, of.formatted("sys.server_permissions", "grantee_principal_id", "DOM\\people")))
                .containsExactly("2");
    }

    private static String job(String name, String owner) {
        return ("EXEC msdb.dbo.sp_add_job @job_name = N'%s', @owner_login_name = N'%s', @description = N'about';"
                        + " EXEC msdb.dbo.sp_add_jobstep @job_name = N'%1$s', @step_name = N'one', @command = N'x'")
                .formatted(name, owner);
    }

    private static List<String> jobs(Installation installation, String column) throws SQLException {
        return values(
                installation,
                "SELECT name + N' ' + CONVERT(nvarchar(200), %s) FROM msdb.dbo.sysjobs ORDER BY name"
                        .formatted(column));
    }

    @Test
    void aJobIsEnabledForItsOwnOwnerAlone() throws Exception {
        sql(
                old,
                "CREATE LOGIN [app] WITH PASSWORD = N'Secret!123'; CREATE LOGIN [left] WITH PASSWORD = N'Secret!123';"
                        + " CREATE LOGIN [DOM\\ann] FROM WINDOWS; CREATE LOGIN [taken] WITH PASSWORD = N'Secret!123'",
                job("a-sa", "sa"),
                job("b-app", "app"),
                job("c-dropped", "left"),
                job("d-group", "DOM\\ann"),
                job("e-other", "taken"),
                "DROP LOGIN [left]; DROP LOGIN [DOM\\ann]");
        ExportResult export = exported();
        sql(
                fresh,
                "CREATE LOGIN [DOM\\ann] FROM WINDOWS; DROP LOGIN [DOM\\ann]", // in the same domain
                "CREATE LOGIN [taken] WITH PASSWORD = N'mine'; ALTER SERVER ROLE [sysadmin] ADD MEMBER [taken]");

        ReplayReport first = replayed(false);

        assertThat(export.notes()).anyMatch(note -> note.contains("job c-dropped has an owner whom"));
        assertThat(first.failed()).isEmpty();
        assertThat(first.messages())
                .anyMatch(message -> message.contains("job c-dropped belongs to the login that has made it"))
                .anyMatch(message -> message.contains("job e-other belongs to the login that has made it"));
        assertThat(jobs(fresh, "enabled"))
                .containsExactly("a-sa 0", "b-app 0", "c-dropped 0", "d-group 0", "e-other 0");
        assertThat(jobs(fresh, "SUSER_SNAME(owner_sid)")).contains("a-sa sa", "b-app app", "d-group DOM\\ann");

        ReplayReport second = replayed(true);

        assertThat(second.messages())
                .anyMatch(message -> message.contains("job c-dropped stays disabled"))
                .anyMatch(message -> message.contains("job e-other stays disabled"));
        assertThat(jobs(fresh, "enabled"))
                .containsExactly("a-sa 1", "b-app 1", "c-dropped 0", "d-group 1", "e-other 0");
        assertThat(jobs(fresh, "description")).contains("a-sa about", "b-app about", "d-group about");
    }

    @Test
    void aJobThatWasThereBeforeIsNotEnabled() throws Exception {
        sql(old, job("mine", "sa"), job("whole", "sa"));
        exported();
        sql(fresh, job("mine", "sa") + "; EXEC msdb.dbo.sp_update_job @job_name = N'mine', @enabled = 0");

        replayed(false);
        ReplayReport second = replayed(true);

        assertThat(second.failed()).isEmpty();
        assertThat(second.messages())
                .containsExactly("job mine stays disabled: it was there before, or its owner is not known here");
        assertThat(jobs(fresh, "enabled")).containsExactly("mine 0", "whole 1");

        sql(fresh, "EXEC msdb.dbo.sp_update_job @job_name = N'whole', @enabled = 0");
        replayed(true);

        assertThat(jobs(fresh, "enabled")).as("disabled by hand").containsExactly("mine 0", "whole 0");
    }

    @Test
    void anExportOfAnotherServerOrTimeIsNotReplayed() throws Exception {
        ExportResult first = exported();
        ExportResult second = exported();
        Path stored = s3.directory().resolve("sluice/test");
        Path file = directory.resolve("copy");
        Files.copy(stored.resolve(first.key()), file);

        replayed(false);
        fresh.engine
                .replay(new ExportSource.InFile(file), PHRASE, false, shown::add)
                .block(Installation.SOON);

        assertThat(shown).extracting(ExportOrigin::id).containsExactly(second.id(), first.id());
        assertThat(shown.getFirst().identity()).isEqualTo("test");
        assertThat(shown.getFirst().exportedAt()).isEqualTo(second.exportedAt());

        Files.copy(stored.resolve(first.key()), stored.resolve(second.key()), StandardCopyOption.REPLACE_EXISTING);

        assertThatThrownBy(() -> replayed(false))
                .isInstanceOfSatisfying(
                        OperationFailed.class,
                        failure -> assertThat(failure.id()).isEqualTo(FailureId.EXPORT_DAMAGED))
                .hasMessageContaining("and holds export " + first.id());
        assertThat(shown).as("nothing was run").hasSize(2);
    }

    @Test
    void aLinkIsNotFollowed() throws Exception {
        Path target = directory.resolve("target");
        Path link = Files.createSymbolicLink(directory.resolve("link"), target);

        fails(
                FailureId.FILE_EXISTS,
                () -> old.engine.exportInstance(new ExportRequest(PHRASE, link)).block(Installation.SOON));
        assertThat(target).doesNotExist();
        exported();
        OpenedExport opened = old.engine.openExport(NEWEST, PHRASE).block(Installation.SOON);
        Path out = directory.resolve("out");
        opened.write(out);
        for (String name : opened.files().keySet()) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(out.resolve(name))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void recoverPruneAndListDoNotStumbleOverExports() throws Exception {
        exported();
        old.engine
                .backup(BackupRequest.of("Sales", BackupType.FULL), RunObserver.SILENT)
                .block(Installation.SOON);

        assertThat(old.engine.recover().block(Installation.SOON).needsAttention())
                .isFalse();
        assertThat(old.engine.inventory("Sales", null).block(Installation.SOON).refused())
                .isEmpty();
        assertThat(old.engine
                        .rebuild(new dev.sluice.engine.rebuild.RebuildRequest(null, false, false))
                        .block(Installation.SOON)
                        .needsAttention())
                .isFalse();
        assertThat(old.engine.exports().block(Installation.SOON)).hasSize(1);
    }
}
