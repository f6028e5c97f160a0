package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testsupport.Kdc;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The program with a login by Kerberos: MIT's KDC, the stand-in in its domain, no password anywhere.
@Timeout(300)
class KerberosIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final Duration SHORT = Duration.ofSeconds(15);
    private static final Duration CONNECTS = Duration.ofSeconds(2);
    private static final String SERVICE = "MSSQLSvc/sql.sluice.test:1433";

    @TempDir
    Path directory;

    private Kdc kdc;
    private Site site;
    private Path keytab;

    @BeforeEach
    void start() throws Exception {
        Kdc.assumeInstalled();
        kdc = Kdc.start(Files.createDirectory(directory.resolve("kdc")), SHORT);
        kdc.account("sluice");
        kdc.account(SERVICE);
        keytab = kdc.keytab("sluice", "sluice.keytab");
        site = Site.start(
                directory,
                "S3cret!pass",
                "Sales=2MiB",
                "--kerberos",
                "%s@%s=%s".formatted(SERVICE, Kdc.REALM, kdc.keytab(SERVICE, "mssql.keytab")),
                "--windows-login",
                "SLUICE\\sluice");
        configure(keytab);
    }

    @AfterEach
    void stop() throws Exception {
        if (site != null) {
            site.close();
        }
        if (kdc != null) {
            kdc.close();
        }
    }

    private void configure(Path key) throws Exception {
        site.configure("""
                server:
                  url: "%s"
                  kerberos: { principal: sluice@%s, keytab: %s, krb5-conf: %s, spn: "%s" }
                  identity: one
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                memory: { budget: 64MiB }
                policies:
                  - { databases: ["*"], full: "0 1 1 1 *", log: "* * * * *" }
                http: { listen: "127.0.0.1:0" }
                """.formatted(site.jdbcUrl(), Kdc.REALM, key, kdc.krb5Conf(), SERVICE, site.s3.endpoint()));
    }

    @Test
    void backsUpAndRestoresAndTheDoctorSaysAsWhom() throws Exception {
        JsonNode backup = site.done("backup", "Sales", "--json").json();
        JsonNode restored =
                site.done("restore", "Sales", "--as", "Copy", "--json").json();
        Site.Ended doctor = site.run("doctor");

        assertThat(restored.get("bytes").asLong()).isGreaterThan(2 << 20);
        assertThat(backup.get("server").asString()).isEqualTo("one");
        assertThat(doctor.out())
                .contains("takes sluice@SLUICE.TEST for SLUICE\\sluice")
                .contains("SLUICE\\sluice is a member of sysadmin");
    }

    @Test
    void aKeyThatWasChangedIsOneClearErrorAndTheDoctorSaysTheSame() throws Exception {
        kdc.changeKey("sluice");

        JsonNode error = site.run("backup", "Sales", "--json").json().get("error");
        Site.Ended doctor = site.run("doctor");

        String remedy = "Make the keytab %s anew".formatted(keytab);
        assertThat(error.get("id").asString()).isEqualTo("kerberos-failed");
        assertThat(error.get("what").asString()).contains("sluice@SLUICE.TEST", "(24)");
        assertThat(error.get("hint").asString()).startsWith(remedy);
        assertThat(doctor.code()).isEqualTo(1);
        assertThat(doctor.out()).contains("fail  server-reachable", "-> " + remedy);
    }

    @Test
    void serveOutlivesItsTicketsAndAnOutageOfTheKdc() throws Exception {
        try (Program serve = site.program("serve", "--json")) {
            await().atMost(PATIENTLY)
                    .until(() -> (tickets(serve) >= 1 && serve.out().contains("\n")) || !serve.running());
            assertThat(serve.running()).as(serve.err()).isTrue();
            URI jobs = URI.create(JsonMapper.shared()
                            .readTree(serve.out())
                            .get("listening")
                            .asString())
                    .resolve("/api/v1/jobs");

            kdc.stop();
            await().atMost(PATIENTLY).pollInterval(CONNECTS).until(() -> {
                connect(jobs);
                return serve.err().contains("Connection refused");
            });
            int before = tickets(serve);
            kdc.resume();

            await().atMost(PATIENTLY).pollInterval(CONNECTS).untilAsserted(() -> {
                connect(jobs);
                assertThat(tickets(serve)).isGreaterThanOrEqualTo(before + 2);
            });
            assertThat(serve.running()).isTrue();
        }
    }

    /// Has the service connect to SQL Server now, whatever comes of it.
    private static void connect(URI jobs) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            http.send(
                    HttpRequest.newBuilder(jobs)
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofString("{\"database\": \"Sales\", \"type\": \"FULL\"}"))
                            .timeout(PATIENTLY)
                            .build(),
                    BodyHandlers.discarding());
        }
    }

    private static int tickets(Program serve) throws IOException {
        return (int) serve.err()
                .lines()
                .filter(line -> line.contains("Kerberos ticket fetched"))
                .count();
    }
}
