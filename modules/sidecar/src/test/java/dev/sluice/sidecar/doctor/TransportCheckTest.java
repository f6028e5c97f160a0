package dev.sluice.sidecar.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sidecar.config.ConfigurationFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What can be read, or changed, on its way.
class TransportCheckTest {

    @TempDir
    Path directory;

    private List<DoctorFinding> findings(String url, String store) throws Exception {
        Path file = Files.writeString(directory.resolve("sluice.yaml"), """
                server: { url: "jdbc:sqlserver://%s", user: sa, password: hunter2, identity: one }
                store: { bucket: backups, %s }
                """.formatted(url, store));
        return new TransportCheck(ConfigurationFile.read(file, _ -> null).configuration()).insecure();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost;trustServerCertificate=true",
                "localhost:1433;encrypt=false",
                "127.0.0.1:1433;encrypt=false;trustServerCertificate=true",
                "localhost\\\\PROD;encrypt=false",
                "[::1]:1433;encrypt=false",
                "db.example.org",
                "db.example.org;encrypt=true;trustServerCertificate=false",
                "db.example.org;encrypt=strict;trustServerCertificate=true",
                "db.example.org;trustServerCertificate=true;TrustServerCertificate=false",
            })
    void aServerThatIsHereOrCheckedIsFine(String url) throws Exception {
        assertThat(findings(url, "region: eu-central-1")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "db.example.org;encrypt=false",
                "db.example.org;Encrypt=Optional",
                "db.example.org;encrypt=no",
                "10.0.0.5:1433;encrypt={false}",
                "db\\\\PROD;encrypt=false",
                "localhost;serverName=db.example.org;encrypt=false",
                "localhost;failoverPartner=db.example.org;encrypt=false",
            })
    void aSessionAcrossTheNetworkInTheClearIsTold(String url) throws Exception {
        assertThat(findings(url, "region: eu-central-1")).singleElement().satisfies(finding -> {
            assertThat(finding.id()).isEqualTo("transport-server");
            assertThat(finding.level()).isEqualTo(DoctorFinding.Level.WARN);
            assertThat(finding.evidence()).contains("unencrypted");
            assertThat(finding.fix()).contains("encrypt=strict");
        });
    }

    @Test
    void aServerThatMayBeAnotherIsToldWithTheWayToATrustStore() throws Exception {
        assertThat(findings("db.example.org;trustServerCertificate=TRUE", "region: eu-central-1"))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.evidence()).contains("pass for SQL Server", "password");
                    assertThat(finding.fix()).contains("trustStore=").doesNotContain("trustServerCertificate");
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://minio.example.org",
                "http://127.0.0.1:9000",
                "http://localhost:9000",
                "http://[::1]:9000"
            })
    void aBucketThatIsHereOrEncryptedIsFine(String endpoint) throws Exception {
        assertThat(findings("localhost", "endpoint: \"%s\"".formatted(endpoint)))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://minio:9000", "http://10.0.0.5:9000", "http://127.example.org"})
    void aBucketAcrossTheNetworkInTheClearIsTold(String endpoint) throws Exception {
        assertThat(findings("localhost", "endpoint: \"%s\"".formatted(endpoint)))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.id()).isEqualTo("transport-bucket");
                    assertThat(finding.evidence()).contains(endpoint, "unencrypted");
                    assertThat(finding.fix()).contains("https://", "store.ca");
                });
    }
}
