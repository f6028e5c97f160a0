package dev.sluice.sidecar.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.sql.Row;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.sidecar.doctor.DoctorFinding.Level;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.regional.Language;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ServerCheckTest {

    private SimulatedServer simulated;

    @BeforeEach
    void start() throws Exception {
        simulated = SimulatedServer.start(ServerOptions.of(new InProcessVdi())
                .withDatabase("Sales", 1 << 20)
                .withLogin(new ServerOptions.Login("reader", "Reader!1", false)));
    }

    @AfterEach
    void stop() {
        simulated.close();
    }

    private List<DoctorFinding> findings(String user, String password) {
        return new ServerCheck(new SqlServer(simulated.jdbcUrl(), user, password)).findings();
    }

    private static DoctorFinding finding(List<DoctorFinding> findings, String id) {
        return findings.stream()
                .filter(found -> found.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    /// To give the check up is no remedy for a wrong port; for a certificate it is the last one.
    @Test
    void trustIsSpokenOfOnlyWhereItIsMissing() {
        String untrusting = simulated.jdbcUrl().replace("trustServerCertificate=true", "trustServerCertificate=false");
        DoctorFinding distrusted =
                finding(new ServerCheck(new SqlServer(untrusting, "sa", "Sluice!2026")).findings(), "server-reachable");
        simulated.close();
        DoctorFinding gone = finding(findings("sa", "Sluice!2026"), "server-reachable");

        assertThat(distrusted.level()).isEqualTo(Level.FAIL);
        assertThat(distrusted.fix())
                .startsWith("Put the certificate")
                .containsSubsequence("trustStore=", "trustServerCertificate=true");
        assertThat(gone.level()).isEqualTo(Level.FAIL);
        assertThat(gone.fix()).contains("host, port").doesNotContain("trust");
    }

    @Test
    void aServerThatWillDo() {
        List<DoctorFinding> findings = findings("sa", "Sluice!2026");

        assertThat(finding(findings, "server-reachable").level()).isEqualTo(Level.OK);
        assertThat(finding(findings, "server-version").evidence()).contains("16.0.4096.1", "Developer");
        assertThat(finding(findings, "vdc-complete").level()).isEqualTo(Level.OK);
        assertThat(finding(findings, "sysadmin").level()).isEqualTo(Level.OK);
        assertThat(finding(findings, "other-backups").level())
                .as(finding(findings, "other-backups").evidence())
                .isEqualTo(Level.OK);
    }

    @ParameterizedTest
    @EnumSource
    void aServerOfWhateverCollation(Collation collation) throws Exception {
        simulated.close();
        simulated = SimulatedServer.start(ServerOptions.of(new InProcessVdi())
                .withDatabase("Sales", 1 << 20)
                .withCollation(collation)
                .withLanguage(Language.TURKISH));

        assertThat(findings("sa", "Sluice!2026"))
                .extracting(DoctorFinding::level)
                .containsOnly(Level.OK);
    }

    @Test
    void theStatementThatExportsACertificateIsOneThatSqlServerTakes() throws Exception {
        try (Connection connection = DriverManager.getConnection(simulated.jdbcUrl(), "sa", "Sluice!2026");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Secret!1'");
            statement.execute("CREATE CERTIFICATE [Backup Cert] WITH SUBJECT = 'backups'");
            DoctorFinding never = finding(findings("sa", "Sluice!2026"), "certificates");
            assertThat(never.level()).isEqualTo(Level.WARN);

            statement.execute(never.fix().replace("...", "/tmp/somewhere"));

            assertThat(finding(findings("sa", "Sluice!2026"), "certificates").level())
                    .isEqualTo(Level.OK);
        }
    }

    @Test
    void aWrongPassword() {
        DoctorFinding finding = findings("sa", "wrong").getFirst();

        assertThat(finding.level()).isEqualTo(Level.FAIL);
        assertThat(finding.fix()).contains("server.password");
    }

    @Test
    void aServerThatDoesNotAnswer() {
        simulated.close();

        DoctorFinding finding = findings("sa", "Sluice!2026").getFirst();

        assertThat(finding.id()).isEqualTo("server-reachable");
        assertThat(finding.level()).isEqualTo(Level.FAIL);
        assertThat(finding.fix()).contains("server.url");
    }

    @Test
    void aLoginThatIsNoSysadmin() {
        DoctorFinding finding = finding(findings("reader", "Reader!1"), "sysadmin");

        assertThat(finding.level()).isEqualTo(Level.FAIL);
        assertThat(finding.fix()).isEqualTo("ALTER SERVER ROLE sysadmin ADD MEMBER [reader];");
    }

    /// Answers that the stand-in does not give.
    private final class Scripted implements ServerCheck.Questions {
        private final Map<String, List<Row>> answers = new HashMap<>();

        Scripted answering(String part, Map<String, Object> row) {
            answers.put(part, List.of(Row.of(row)));
            return this;
        }

        List<DoctorFinding> findings() {
            return new ServerCheck(new SqlServer(simulated.jdbcUrl(), "sa", "Sluice!2026")).findings(this);
        }

        @Override
        public List<Row> query(String sql) {
            return answers.entrySet().stream()
                    .filter(answer -> sql.contains(answer.getKey()))
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElse(List.of());
        }
    }

    private Scripted version(String version) {
        return new Scripted()
                .answering(
                        "ProductVersion",
                        Map.of("version", version, "edition", "Standard", "sysadmin", 1, "login", "sa"));
    }

    @Test
    void aVersionWhoseContainersCannotDoIt() {
        assertThat(finding(version("15.0.4178.1").findings(), "server-version").level())
                .isEqualTo(Level.WARN);
        assertThat(finding(version("15.0.4198.2").findings(), "server-version").level())
                .isEqualTo(Level.OK);
        assertThat(finding(version("14.0.3421.10").findings(), "server-version").fix())
                .contains("cumulative update");
    }

    @Test
    void aVersionOlderThanComplete() {
        assertThat(finding(version("12.0.6444.4").findings(), "vdc-complete").level())
                .isEqualTo(Level.WARN);
    }

    @Test
    void somebodyElseTakesBackups() {
        DoctorFinding finding = finding(
                version("16.0.4096.1")
                        .answering(
                                "backupmediafamily",
                                Map.of(
                                        "database_name",
                                        "Sales",
                                        "type",
                                        "L",
                                        "physical_device_name",
                                        "/backup/sales.trn"))
                        .findings(),
                "other-backups");

        assertThat(finding.level()).isEqualTo(Level.WARN);
        assertThat(finding.evidence()).contains("Sales (L to /backup/sales.trn)");
        assertThat(finding.fix()).contains("COPY_ONLY");
    }

    @Test
    void aCertificateThatWasNeverExported() {
        DoctorFinding finding = finding(
                version("16.0.4096.1")
                        .answering("sys.certificates", Map.of("name", "TDE"))
                        .findings(),
                "certificates");

        assertThat(finding.level()).isEqualTo(Level.WARN);
        assertThat(finding.fix()).contains("BACKUP CERTIFICATE [TDE]");
    }
}
