package dev.sluice.engine.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.simulator.tds.KerberosAcceptor;
import dev.sluice.simulator.tds.LoginRejected;
import dev.sluice.simulator.tds.TdsFaults;
import dev.sluice.testsupport.Kdc;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Logins by Kerberos, with MIT's KDC and the stand-in that accepts its tickets.
@Timeout(120)
class KerberosLoginTest {

    private static final String SERVICE = "MSSQLSvc/sql.sluice.test:1433";
    private static final Duration SHORT = Duration.ofSeconds(3);
    private static final Duration SKEW = Duration.ofSeconds(5);
    private static final Duration LONG_ENOUGH = Duration.ofSeconds(30);

    @TempDir
    static Path directory;

    private static Kdc kdc;
    private static Path keytab;
    private static SimulatedServer server;

    @BeforeAll
    static void start() throws Exception {
        Kdc.assumeInstalled();
        kdc = Kdc.start(Files.createDirectory(directory.resolve("kdc")), Duration.ofHours(1));
        kdc.account("sluice");
        kdc.account("stranger");
        kdc.account("other");
        kdc.account(SERVICE);
        keytab = kdc.keytab("sluice", "sluice.keytab");
        server = SimulatedServer.start(ServerOptions.of(new InProcessVdi())
                .withKerberos(acceptor(kdc.keytab(SERVICE, "mssql.keytab")))
                .withLogin(new ServerOptions.Login("SLUICE\\brief", "", true))
                .withLogin(new ServerOptions.Login("SLUICE\\early", "", true))
                .withLogin(new ServerOptions.Login("SLUICE\\mended", "", true))
                .withLogin(new ServerOptions.Login("SLUICE\\other", "", true))
                .withLogin(new ServerOptions.Login("SLUICE\\sluice", "", true)));
    }

    private static KerberosAcceptor acceptor(Path serviceKey) throws IOException {
        return KerberosAcceptor.of(SERVICE + "@" + Kdc.REALM, serviceKey);
    }

    @AfterAll
    static void stop() throws Exception {
        if (server != null) {
            server.close();
        }
        if (kdc != null) {
            kdc.close();
        }
    }

    private static KerberosAccount account() {
        return new KerberosAccount("sluice@" + Kdc.REALM, keytab, kdc.krb5Conf(), SERVICE);
    }

    private static SqlServer as(KerberosAccount account) {
        return new SqlServer(server.jdbcUrl(), new KerberosLogin(account));
    }

    private static String whoAmI(SqlServer server) {
        try (SqlSession session = server.connect()) {
            return session.query("SELECT SUSER_SNAME() AS name").getFirst().text("name");
        }
    }

    private static SqlServerUnavailable failure(SqlServer server) {
        SqlServerUnavailable failure = catchThrowableOfType(SqlServerUnavailable.class, () -> whoAmI(server));
        assertThat(failure).as("it logged in").isNotNull();
        return failure;
    }

    private static void assertProblem(KerberosAccount account, String what, String remedy) {
        SqlServerUnavailable failure = failure(as(account));
        assertThat(failure).hasMessageContaining(account.principal()).hasMessageContaining(what);
        assertThat(failure.isWithoutTicket()).isTrue();
        assertThat(failure.remedy()).hasValueSatisfying(said -> assertThat(said).contains(remedy));
    }

    @Test
    void isTheAccountsLoginOverEachKindOfEncryption() {
        for (String encryption : new String[] {"encrypt=true", "encrypt=false"}) {
            String url = server.jdbcUrl().replace("encrypt=true", encryption);

            assertThat(whoAmI(new SqlServer(url, new KerberosLogin(account()))))
                    .as(encryption)
                    .isEqualTo("SLUICE\\sluice");
        }
    }

    @Test
    void outlivesItsTickets() throws Exception {
        kdc.account("brief");
        kdc.admin("modprinc -maxlife \"%s sec\" brief".formatted(Long.toString(SHORT.toSeconds())));
        SqlServer server = as(new KerberosAccount(
                "brief@" + Kdc.REALM, kdc.keytab("brief", "brief.keytab"), kdc.krb5Conf(), SERVICE));
        whoAmI(server);
        Instant over = Instant.now().plus(SHORT).plus(SKEW).plusMillis(500);
        int before = requests("AS_REQ");

        await().atMost(Duration.ofSeconds(30)).until(() -> Instant.now().isAfter(over));

        assertThat(whoAmI(server)).isEqualTo("SLUICE\\brief");
        assertThat(requests("AS_REQ")).isGreaterThan(before);
    }

    @Test
    void fetchesAnotherTicketBeforeTheEndAndGoesOnWithTheKeptOne() throws Exception {
        Duration life = Duration.ofSeconds(20);
        kdc.account("early");
        kdc.admin("modprinc -maxlife \"%s sec\" early".formatted(Long.toString(life.toSeconds())));
        KerberosLogin login = new KerberosLogin(new KerberosAccount(
                "early@" + Kdc.REALM, kdc.keytab("early", "early.keytab"), kdc.krb5Conf(), SERVICE));
        SqlServer server = new SqlServer(KerberosLoginTest.server.jdbcUrl(), login);
        Instant end = Instant.now().plus(life);
        whoAmI(server);
        Instant early = Instant.now().plus(life.dividedBy(2)).plusMillis(500);
        long before = lines("AS_REQ", "ISSUE", "early@");
        await().atMost(LONG_ENOUGH).until(() -> Instant.now().isAfter(early));

        assertThat(whoAmI(server)).isEqualTo("SLUICE\\early");

        await().atMost(LONG_ENOUGH)
                .untilAsserted(
                        () -> assertThat(lines("AS_REQ", "ISSUE", "early@")).isEqualTo(before + 1));
        assertThat(Instant.now()).as("fetched before the end").isBefore(end);
        assertThat(whoAmI(server)).isEqualTo("SLUICE\\early");
        assertThat(lines("AS_REQ", "ISSUE", "early@")).isEqualTo(before + 1);
        assertThat(lines("TGS_REQ", "early@")).isEqualTo(lines("TGS_REQ", "ISSUE", "early@"));
    }

    /// How many lines of the KDC's log have all these words.
    private static long lines(String... words) throws IOException {
        return kdc.log()
                .lines()
                .filter(line -> Stream.of(words).allMatch(line::contains))
                .count();
    }

    @Test
    void logsInAsNoOtherAccountWhenTheDriverTriesAgain() throws Exception {
        Path key = kdc.keytab("other", "other.keytab");
        Configuration.setConfiguration(new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return new AppConfigurationEntry[] {
                    new AppConfigurationEntry(
                            "com.sun.security.auth.module.Krb5LoginModule",
                            AppConfigurationEntry.LoginModuleControlFlag.REQUIRED,
                            Map.of(
                                    "principal",
                                    "other@" + Kdc.REALM,
                                    "useKeyTab",
                                    "true",
                                    "keyTab",
                                    key.toString(),
                                    "doNotPrompt",
                                    "true"))
                };
            }
        });
        try {
            server.networkFaults().refuseNextLogin(LoginRejected.untrusted());

            assertThat(whoAmI(as(account()))).isEqualTo("SLUICE\\sluice");
        } finally {
            Configuration.setConfiguration(null);
        }
    }

    @Test
    void saysThatSqlServerEndedTheLogin() {
        server.networkFaults().cutLogins(true);
        try {
            SqlServerUnavailable failure = failure(as(account()));

            assertThat(failure.isWithoutTicket()).as("%s", failure).isFalse();
            assertThat(failure.isUnreachable()).isTrue();
        } finally {
            server.networkFaults().cutLogins(false);
        }
    }

    @Test
    void asksForAnOldKeyOnceUntilTheKeytabChanges() throws Exception {
        kdc.account("mended");
        Path key = kdc.keytab("mended", "mended.keytab");
        kdc.changeKey("mended");
        SqlServer server = as(new KerberosAccount("mended@" + Kdc.REALM, key, kdc.krb5Conf(), SERVICE));
        assertThat(failure(server)).hasMessageContaining("(24)");
        long asked = lines("AS_REQ", "mended@");

        assertThat(failure(server)).hasMessageContaining("(24)");
        assertThat(lines("AS_REQ", "mended@")).isEqualTo(asked);

        kdc.keytab("mended", "mended.keytab");
        assertThat(whoAmI(server)).isEqualTo("SLUICE\\mended");
    }

    @Test
    void fetchesNoOtherTicketWhenOnlyTheServiceIsUnknown() throws Exception {
        SqlServer server = as(
                new KerberosAccount("sluice@" + Kdc.REALM, keytab, kdc.krb5Conf(), "MSSQLSvc/absent.sluice.test:1433"));
        failure(server);
        int before = requests("AS_REQ");

        failure(server);

        assertThat(requests("AS_REQ")).isEqualTo(before);
    }

    @Test
    void asksTheSecondKdcWhenTheFirstSaysNothing() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Path two = Files.writeString(
                    directory.resolve("two.conf"),
                    Files.readString(kdc.krb5Conf())
                            .replace("[libdefaults]", "[libdefaults]\n  kdc_timeout = 3000\n  max_retries = 1")
                            .replaceFirst(
                                    "(?m)^(\\s*)kdc = ",
                                    "$1kdc = 127.0.0.1:%s\n$0".formatted(Integer.toString(silent.getLocalPort()))));
            KerberosAccount account = new KerberosAccount("sluice@" + Kdc.REALM, keytab, two, SERVICE);
            SqlServer impatient = new SqlServer(server.jdbcUrl(), new KerberosLogin(account, Duration.ofSeconds(1)));

            assertThat(failure(impatient)).hasMessageContaining("had not answered after 1 s");

            await().atMost(LONG_ENOUGH)
                    .ignoreExceptionsInstanceOf(SqlServerUnavailable.class)
                    .until(() -> whoAmI(impatient).equals("SLUICE\\sluice"));
        }
    }

    @Test
    void asksForOneTicketForSeveralConnections() throws Exception {
        SqlServer server = as(account());
        whoAmI(server);
        int before = requests("AS_REQ");

        whoAmI(server);

        assertThat(requests("AS_REQ")).isEqualTo(before);
    }

    private static int requests(String kind) throws IOException {
        return (int) kdc.log()
                .lines()
                .filter(line -> line.contains(kind) && line.contains("ISSUE"))
                .count();
    }

    @Test
    void saysThatTheAccountIsUnknown() {
        assertProblem(
                new KerberosAccount("nobody@" + Kdc.REALM, keytab, kdc.krb5Conf(), SERVICE),
                "has no key of nobody@" + Kdc.REALM,
                "server.kerberos.keytab");
    }

    @Test
    void saysThatTheDomainDoesNotKnowTheAccount() throws Exception {
        kdc.account("gone");
        Path key = kdc.keytab("gone", "gone.keytab");
        kdc.admin("delprinc -force gone");

        assertProblem(
                new KerberosAccount("gone@" + Kdc.REALM, key, kdc.krb5Conf(), SERVICE),
                "Client not found in Kerberos database (6)",
                "server.kerberos.principal");
    }

    @Test
    void saysThatTheKeyIsOld() throws Exception {
        kdc.account("changed");
        Path key = kdc.keytab("changed", "changed.keytab");
        kdc.changeKey("changed");

        assertProblem(
                new KerberosAccount("changed@" + Kdc.REALM, key, kdc.krb5Conf(), SERVICE),
                "(24)",
                "Make the keytab " + key + " anew");
    }

    @Test
    void saysThatTheAccountIsLocked() throws Exception {
        kdc.account("locked");
        Path key = kdc.keytab("locked", "locked.keytab");
        kdc.admin("modprinc -allow_tix locked");

        assertProblem(
                new KerberosAccount("locked@" + Kdc.REALM, key, kdc.krb5Conf(), SERVICE),
                "(18)",
                "Enable or unlock the account locked@" + Kdc.REALM);
    }

    @Test
    void saysThatThereIsNoSuchService() {
        assertProblem(
                new KerberosAccount("sluice@" + Kdc.REALM, keytab, kdc.krb5Conf(), "MSSQLSvc/other.sluice.test:1433"),
                "Server not found in Kerberos database (7)",
                "Sluice asked for MSSQLSvc/other.sluice.test:1433");
        assertProblem(
                new KerberosAccount("sluice@" + Kdc.REALM, keytab, kdc.krb5Conf(), null),
                "(7)",
                "name in server.kerberos.spn the one that it has");
    }

    @Test
    void saysThatTheKeytabIsMissingOrNone() throws Exception {
        assertProblem(
                new KerberosAccount("sluice@" + Kdc.REALM, Path.of("/nowhere/keytab"), kdc.krb5Conf(), SERVICE),
                "the keytab /nowhere/keytab does not exist",
                "klist -k");
        assertProblem(
                new KerberosAccount("sluice@" + Kdc.REALM, directory, kdc.krb5Conf(), SERVICE),
                "the keytab " + directory + " cannot be read",
                "klist -k");
        Path text = Files.writeString(directory.resolve("text.keytab"), "no keytab");
        assertProblem(
                new KerberosAccount("sluice@" + Kdc.REALM, text, kdc.krb5Conf(), SERVICE),
                "has no key of sluice@" + Kdc.REALM,
                "klist -k");
    }

    private static Path configuration(int port) throws IOException {
        return Files.writeString(
                directory.resolve("elsewhere.conf"),
                Files.readString(kdc.krb5Conf()).replaceAll("127.0.0.1:\\d+", "127.0.0.1:" + port));
    }

    @Test
    void saysThatTheKdcIsNotThere() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        Path elsewhere = configuration(free);

        assertProblem(
                new KerberosAccount("sluice@" + Kdc.REALM, keytab, elsewhere, SERVICE),
                "refused",
                "Check that the KDC that " + elsewhere + " names for " + Kdc.REALM + " runs");
    }

    @Test
    void givesAKdcUpThatSaysNothing() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            KerberosAccount account =
                    new KerberosAccount("sluice@" + Kdc.REALM, keytab, configuration(silent.getLocalPort()), SERVICE);
            SqlServer impatient = new SqlServer(server.jdbcUrl(), new KerberosLogin(account, Duration.ofSeconds(1)));

            SqlServerUnavailable failure = failure(impatient);

            assertThat(failure).hasMessageContaining("the KDC of SLUICE.TEST had not answered after 1 s");
            assertThat(failure.remedy())
                    .hasValueSatisfying(said -> assertThat(said).contains("port 88"));
        }
    }

    @Test
    void saysThatNoKdcIsNamed() throws Exception {
        Path empty = Files.writeString(
                directory.resolve("empty.conf"), "[libdefaults]\n dns_lookup_kdc = false\n dns_lookup_realm = false\n");

        assertProblem(new KerberosAccount("sluice@" + Kdc.REALM, keytab, empty, SERVICE), "KDC", "(section [realms])");
    }

    @Test
    void saysThatClocksDiffer() throws Exception {
        try (KrbErrorServer skewed = KrbErrorServer.answering(37)) {
            assertProblem(
                    new KerberosAccount("sluice@" + Kdc.REALM, keytab, configuration(skewed.port()), SERVICE),
                    "(37)",
                    "Correct the clock of this machine");
        }
    }

    @Test
    void saysThatSqlServerHasNoLoginForTheAccount() throws Exception {
        KerberosAccount stranger = new KerberosAccount(
                "stranger@" + Kdc.REALM, kdc.keytab("stranger", "stranger.keytab"), kdc.krb5Conf(), SERVICE);

        SqlServerUnavailable failure = failure(as(stranger));

        assertThat(failure).hasMessageContaining("error 18456").hasMessageContaining("'SLUICE\\stranger'");
        assertThat(failure.isWithoutTicket()).isFalse();
        assertThat(failure.remedy()).hasValueSatisfying(said -> assertThat(said).contains("FROM WINDOWS"));
    }

    @Test
    void saysThatSqlServerCannotUseTheTicket() throws Exception {
        String other = "MSSQLSvc/renamed.sluice.test:1433";
        kdc.account(other);
        Path old = kdc.keytab(other, "renamed.keytab");
        kdc.changeKey(other);
        try (SimulatedServer renamed = SimulatedServer.start(
                ServerOptions.of(new InProcessVdi()).withKerberos(KerberosAcceptor.of(other + "@" + Kdc.REALM, old)))) {
            assertNotAccepted(renamed, other);
        }
        try (SimulatedServer outside = SimulatedServer.start(ServerOptions.of(new InProcessVdi()))) {
            assertNotAccepted(outside, other);
        }
    }

    private static void assertNotAccepted(SimulatedServer refusing, String service) {
        SqlServerUnavailable failure = failure(new SqlServer(
                refusing.jdbcUrl(),
                new KerberosLogin(new KerberosAccount("sluice@" + Kdc.REALM, keytab, kdc.krb5Conf(), service))));

        assertThat(failure).hasMessageContaining("error 18452");
        assertThat(failure.isWithoutTicket()).isFalse();
        assertThat(failure.remedy())
                .hasValueSatisfying(said -> assertThat(said).contains("setspn -Q " + service, "18452"));
    }

    @Test
    void saysThatSqlServerSaysNothingWithinTheUrlsLoginTimeout() {
        server.networkFaults().welcome(TdsFaults.Welcome.SILENCE);
        try {
            SqlServer silent = new SqlServer(server.jdbcUrl() + ";loginTimeout=1", new KerberosLogin(account()));
            Instant before = Instant.now();

            assertThat(failure(silent).isWithoutTicket()).isFalse();
            assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(10));
        } finally {
            server.networkFaults().welcome(TdsFaults.Welcome.NORMAL);
        }
    }

    @Test
    void knowsTheNameThatTheDriverAsksFor() {
        KerberosAccount usual = new KerberosAccount("sluice@" + Kdc.REALM, keytab, null, null);

        assertThat(usual.service("jdbc:sqlserver://sql1.example.com")).hasValue("MSSQLSvc/sql1.example.com:1433");
        assertThat(usual.service("jdbc:sqlserver://sql1:1444;encrypt=true")).hasValue("MSSQLSvc/sql1:1444");
        assertThat(usual.service("jdbc:sqlserver://sql1\\PROD:1444;")).hasValue("MSSQLSvc/sql1:1444");
        assertThat(usual.service("jdbc:sqlserver://sql1\\PROD")).isEmpty();
        assertThat(account().service("jdbc:sqlserver://sql1\\PROD")).hasValue(SERVICE);
    }

    @Test
    void renewsEarlyAndShortTicketsAtTheirHalf() {
        Instant now = Instant.parse("2026-03-04T10:00:00Z");

        assertThat(KerberosTickets.renewAt(now, now.plusSeconds(36_000))).isEqualTo(now.plusSeconds(36_000 - 300));
        assertThat(KerberosTickets.renewAt(now, now.plusSeconds(10))).isEqualTo(now.plusSeconds(5));
    }

    @Test
    void goesOnWhenTheKdcForgotItsTickets() throws Exception {
        SqlServer server = as(account());
        whoAmI(server);

        kdc.admin("cpw -randkey krbtgt/" + Kdc.REALM);

        assertThat(whoAmI(server)).as("the kept ticket's key is gone").isEqualTo("SLUICE\\sluice");
    }
}
