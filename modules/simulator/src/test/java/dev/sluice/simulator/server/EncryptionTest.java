package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// BACKUP WITH ENCRYPTION, the certificates that it names, and algorithms of compression.
@Timeout(60)
class EncryptionTest {

    private static final String ENCRYPTED = "ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [Backup Cert])";

    private static Bench bench() throws Exception {
        Bench bench = Bench.withSales();
        bench.ok("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Secret!1'");
        bench.ok("CREATE CERTIFICATE [Backup Cert] WITH SUBJECT = 'backups'");
        return bench;
    }

    @Test
    void makesBytesThatOnlyWhoHasTheCertificateCanRestore() throws Exception {
        try (Bench bench = bench();
                Bench other = Bench.withSales()) {
            bench.work("Sales", 5, 1);
            for (String more : List.of("", ", COMPRESSION", ", CHECKSUM, BLOCKSIZE = 4096")) {
                List<byte[]> stripes = bench.backUp("DATABASE [Sales]", 2, ENCRYPTED + more);

                bench.restored("DATABASE [Copy]", stripes, Bench.moved("Copy", "REPLACE"));
                assertThat(bench.server.compare("Sales", "Copy")).isEmpty();
                assertThat(new String(stripes.getFirst(), StandardCharsets.ISO_8859_1))
                        .doesNotContain("TAPE", "SSET");

                for (String what : List.of("DATABASE [Copy]", "VERIFYONLY")) {
                    assertThat(Bench.numbers(other.restore(what, stripes, ""))).containsExactly(33111, 3013);
                }
                assertThat(Bench.numbers(other.restore("HEADERONLY", List.of(stripes.getFirst()), "")))
                        .containsExactly(33111, 3013);
            }
            other.ok("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Secret!1'");
            other.ok("CREATE CERTIFICATE [Backup Cert] FROM FILE = '/c.cer' WITH PRIVATE KEY (FILE = '/c.pvk',"
                    + " DECRYPTION BY PASSWORD = 'x')");
            List<byte[]> stripes = bench.backUp("DATABASE [Sales]", 1, ENCRYPTED);
            other.restored("DATABASE [Copy]", stripes, Bench.moved("Copy", ""));
            assertThat(other.server.pageVersions("Copy")).isEqualTo(bench.server.pageVersions("Sales"));
        }
    }

    @Test
    void isToldByMsdbAndByTheHeader() throws Exception {
        try (Bench bench = bench()) {
            List<byte[]> stripes = bench.backUp("DATABASE [Sales]", 1, ENCRYPTED);
            var set = bench.run("SELECT key_algorithm, encryptor_type, encryptor_thumbprint FROM msdb.dbo.backupset");
            var header = bench.restore("HEADERONLY", stripes, "");
            Object thumbprint = bench.value("SELECT thumbprint FROM master.sys.certificates");

            assertThat(Bench.column(set, "key_algorithm")).isEqualTo("aes_256");
            assertThat(Bench.column(set, "encryptor_type")).isEqualTo("CERTIFICATE");
            assertThat(Bench.column(set, "encryptor_thumbprint")).isEqualTo(thumbprint);
            assertThat(Bench.column(header, "KeyAlgorithm")).isEqualTo("aes_256");
            assertThat(Bench.column(header, "EncryptorType")).isEqualTo("CERTIFICATE");
            assertThat(Bench.column(header, "EncryptorThumbprint")).isEqualTo(thumbprint);
        }
    }

    @Test
    void certificatesKnowWhenTheirKeyWasExportedAndSurviveTheProcess(@TempDir Path state) throws Exception {
        String exported = "SELECT pvt_key_last_backup_date FROM sys.certificates WHERE name = 'c'";
        try (Bench bench = new Bench(options -> options.withStateDirectory(state))) {
            assertThat(bench.errors("CREATE CERTIFICATE c WITH SUBJECT = 's'")).containsExactly(15581);
            bench.ok("CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'x'");
            bench.ok("CREATE CERTIFICATE c WITH SUBJECT = 's'");
            assertThat(bench.ok(exported).statements().getFirst().rows()).containsExactly(Arrays.asList((Object) null));
            bench.ok("BACKUP CERTIFICATE c TO FILE = '/c.cer' WITH PRIVATE KEY (FILE = '/c.pvk', ENCRYPTION BY PASSWORD"
                    + " = 'x')");
            assertThat(bench.value(exported)).isEqualTo(bench.time());
            assertThat(bench.errors("CREATE CERTIFICATE c WITH SUBJECT = 's'")).containsExactly(15232);
            assertThat(bench.errors("DROP CERTIFICATE d")).containsExactly(15151);
        }
        try (Bench again = new Bench(options -> options.withStateDirectory(state))) {
            assertThat(again.value(exported)).isEqualTo(again.time());
            again.ok("DROP CERTIFICATE c");
            assertThat(again.value("SELECT COUNT(*) FROM sys.certificates")).isEqualTo(0);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Nobody) | 15151",
                "ENCRYPTION (ALGORITHM = AES_256, SERVER ASYMMETRIC KEY = Nobody) | 15151",
                "ENCRYPTION (ALGORITHM = ROT_13, SERVER CERTIFICATE = [Backup Cert]) | 102",
                "ENCRYPTION (ALGORITHM = AES_256) | 102",
                "ENCRYPTION | 102",
                "COMPRESSION (ALGORITHM = QAT_DEFLATE) | 50000",
                "COMPRESSION (ALGORITHM = ZSTD) | 102",
                "SNAPSHOT | 3032",
                "METADATA_ONLY | 3032"
            })
    void isRefusedWhereItCannotBe(String option, int number) throws Exception {
        try (Bench bench = bench()) {
            assertThat(bench.errors("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x' WITH " + option))
                    .first()
                    .isEqualTo(number);
        }
    }

    @ParameterizedTest
    @CsvSource({"ALGORITHM = ZSTD", "'ALGORITHM = ZSTD, LEVEL = HIGH'"})
    void zstdIsKnownSince2025(String algorithm) throws Exception {
        Product latest = new Product(Product.Release.SQL_2025, Product.Edition.DEVELOPER);
        try (Bench bench = new Bench(options -> options.withProduct(latest).withDatabase("Sales", 1 << 20))) {
            List<byte[]> stripes = bench.backUp("DATABASE [Sales]", 1, "COMPRESSION (%s)".formatted(algorithm));

            assertThat(bench.value("SELECT compression_algorithm FROM msdb.dbo.backupset"))
                    .isEqualTo("ZSTD");
            assertThat(Bench.column(bench.restore("HEADERONLY", stripes, ""), "CompressionAlgorithm"))
                    .isEqualTo("ZSTD");
            bench.restored("DATABASE [Copy]", stripes, Bench.moved("Copy", ""));
            assertThat(bench.server.compare("Sales", "Copy")).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BACKUP DATABASE [Sales] FILE = N'Sales' TO VIRTUAL_DEVICE = N'x' | FILE",
                "BACKUP DATABASE [Sales] FILEGROUP = N'PRIMARY' TO VIRTUAL_DEVICE = N'x' | FILEGROUP",
                "BACKUP DATABASE [Sales] READ_WRITE_FILEGROUPS TO VIRTUAL_DEVICE = N'x' | READ_WRITE_FILEGROUPS",
                "RESTORE DATABASE [Sales] FILE = N'Sales' FROM VIRTUAL_DEVICE = N'x' | FILE",
                "RESTORE DATABASE [Sales] FILEGROUP = N'PRIMARY' FROM VIRTUAL_DEVICE = N'x' | FILEGROUP",
                "RESTORE DATABASE [Sales] READ_WRITE_FILEGROUPS FROM VIRTUAL_DEVICE = N'x' | READ_WRITE_FILEGROUPS",
                "RESTORE DATABASE [Sales] PAGE = '1:57' FROM VIRTUAL_DEVICE = N'x' | PAGE"
            })
    void partsOfDatabasesAreRefusedByName(String statement, String part) throws Exception {
        try (Bench bench = Bench.withSales()) {
            var errors = bench.run(statement).errors();
            assertThat(errors).hasSize(1);
            assertThat(errors.getFirst().number()).isEqualTo(50_000);
            assertThat(errors.getFirst().text()).contains("stand-in", "whole databases only, not " + part + ".");
            assertThat(bench.errors("RESTORE DATABASE [Sales] FROM VIRTUAL_DEVICE = N'x' WITH PARTIAL"))
                    .containsExactly(3032, 3013);
        }
    }
}
