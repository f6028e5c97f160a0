package dev.sluice.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sidecar.config.ConfigurationFile;
import dev.sluice.sidecar.config.KerberosSection;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `sluice init` for an account of a domain.
class InitKerberosTest {

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = Sluice.commandLine(new Shutdown(), new InitCommand(() -> null));
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        List<String> all = new ArrayList<>(
                List.of("init", "--dir", directory.toString(), "--bucket", "backups", "--region", "eu-central-1"));
        all.addAll(List.of("--identity", "one", "--no-look"));
        all.addAll(Arrays.asList(arguments));
        return line.execute(all.toArray(String[]::new));
    }

    private List<String> files() throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void noFileHasAPasswordAndTheLoginIsTheAccounts() throws Exception {
        assertThat(run("--server", "sql1.example.com", "--principal", "sluice@EXAMPLE.COM"))
                .as(err.toString())
                .isZero();

        assertThat(files()).containsExactly("login.sql", "policy.json", "sluice.yaml");
        assertThat(ConfigurationFile.read(directory.resolve("sluice.yaml"), _ -> null)
                        .configuration()
                        .server()
                        .kerberos())
                .isEqualTo(new KerberosSection("sluice@EXAMPLE.COM", directory.resolve("sluice.keytab"), null, null));
        assertThat(Files.readString(directory.resolve("login.sql")))
                .contains("CREATE LOGIN [EXAMPLE\\sluice] FROM WINDOWS WITH DEFAULT_DATABASE = [master];")
                .contains("ALTER SERVER ROLE [sysadmin] ADD MEMBER [EXAMPLE\\sluice];")
                .contains("-- Written by `sluice init`: the login of Sluice, for the account sluice@EXAMPLE.COM")
                .doesNotContain("PASSWORD");
    }

    @Test
    void theServerTakesTheScript() throws Exception {
        run("--server", "sql1.example.com", "--principal", "sluice@EXAMPLE.COM", "--login", "CORP\\sluice");
        String statements = Files.readString(directory.resolve("login.sql"))
                .lines()
                .filter(line -> line.startsWith("    CREATE LOGIN") || line.startsWith("    ALTER SERVER ROLE"))
                .collect(Collectors.joining("\n"));
        ServerOptions options = ServerOptions.of(new InProcessVdi());

        try (SimulatedServer server = SimulatedServer.start(options);
                Connection connection = DriverManager.getConnection(server.jdbcUrl(), "sa", options.password());
                Statement statement = connection.createStatement()) {
            statement.execute(statements);
            try (ResultSet logins =
                    statement.executeQuery("SELECT type FROM sys.server_principals WHERE name = N'CORP\\sluice'")) {
                assertThat(logins.next()).isTrue();
                assertThat(logins.getString(1)).isEqualTo("U");
            }
        }
    }

    @Test
    void whatDoesNotFitIsNamedByItsOption() throws Exception {
        assertThat(run("--principal", "sluice@EXAMPLE.COM")).isEqualTo(2);
        assertThat(run("--server", "sql1", "--keytab", "/k")).isEqualTo(2);
        assertThat(run("--server", "sql1", "--principal", "sluice@EXAMPLE.COM", "--password-env", "A"))
                .isEqualTo(2);
        assertThat(run("--server", "sql1", "--principal", "sluice")).isEqualTo(2);
        assertThat(run("--server", "sql1", "--principal", "sluice@EXAMPLE.COM", "--login", "sluice"))
                .isEqualTo(2);

        assertThat(err.toString())
                .contains("--spn MSSQLSvc/HOST:PORT (for localhost no domain has one)")
                .contains("--keytab, --spn and --krb5-conf belong to a login by Kerberos")
                .contains("--principal goes without a password")
                .contains("--principal: 'sluice' is not allowed: NAME@REALM")
                .contains("the login sluice of an account is not written DOMAIN\\NAME");
        assertThat(files()).isEmpty();
    }
}
