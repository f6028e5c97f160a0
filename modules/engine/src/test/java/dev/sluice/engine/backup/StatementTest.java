package dev.sluice.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.engine.run.TransferOptions;
import dev.sluice.engine.sql.ServerFacts;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The T-SQL that is sent.
class StatementTest {

    private static final ServerFacts SQL_2019 = server("15.0.4236.7", "Standard Edition (64-bit)", 2);
    private static final ServerFacts SQL_2022 = server("16.0.4096.1", "Developer Edition (64-bit)", 3);
    private static final ServerFacts SQL_2025 = server("17.0.1000.7", "Enterprise Edition (64-bit)", 3);
    private static final ServerFacts EXPRESS = server("16.0.4096.1", "Express Edition (64-bit)", 4);
    private static final ServerFacts WEB = server("16.0.4096.1", "Web Edition (64-bit)", 2);

    private static ServerFacts server(String version, String edition, int engineEdition) {
        return new ServerFacts(Instant.EPOCH, version, edition, engineEdition, true);
    }

    private static String sql(BackupRequest request, ServerFacts server) {
        return BackupStatement.of(request, List.of("s"), TransferOptions.DEFAULT, server, "id", "why");
    }

    @Test
    void theAlgorithmIsSaidWhereItHasAName() {
        BackupRequest request =
                BackupRequest.full("Sales", 1).withOptions(BackupOptions.DEFAULT.withCompression(Compression.XPRESS));

        assertThat(sql(request, SQL_2019)).contains(", COMPRESSION, ");
        assertThat(sql(request, SQL_2022)).contains(", COMPRESSION (ALGORITHM = MS_XPRESS), ");
        assertThat(sql(request.withOptions(BackupOptions.DEFAULT.withCompression(Compression.ZSTD)), SQL_2025))
                .contains(", COMPRESSION (ALGORITHM = ZSTD), ");
    }

    @Test
    void compressionIsOnlyWhereEditionAndVersionHaveIt() {
        assertThat(Compression.XPRESS.availableOn(EXPRESS)).isFalse();
        assertThat(Compression.XPRESS.availableOn(WEB)).isFalse();
        assertThat(Compression.XPRESS.availableOn(SQL_2019)).isTrue();
        assertThat(Compression.ZSTD.availableOn(SQL_2022)).isFalse();
        assertThat(Compression.ZSTD.availableOn(SQL_2025)).isTrue();
        assertThat(Compression.NONE.availableOn(EXPRESS)).isTrue();
    }

    @Test
    void theTailLeavesTheDatabaseRestoringAndADamagedOneIsCopiedAsFarAsItGoes() {
        assertThat(sql(BackupRequest.tail("Sales", TailLog.NORECOVERY), SQL_2022))
                .startsWith("BACKUP LOG [Sales]")
                .contains("WITH NORECOVERY, FORMAT")
                .contains("STOP_ON_ERROR");
        assertThat(sql(BackupRequest.tail("Sales", TailLog.NO_TRUNCATE), SQL_2022))
                .contains("WITH NO_TRUNCATE, NORECOVERY, FORMAT")
                .contains("CONTINUE_AFTER_ERROR")
                .doesNotContain("STOP_ON_ERROR");
    }

    @Test
    void aDamagedPageIsCopiedOnlyWhenAsked() {
        BackupRequest request = BackupRequest.full("Sales", 1);

        assertThat(sql(request, SQL_2022)).contains("STOP_ON_ERROR");
        assertThat(sql(request.withOptions(BackupOptions.DEFAULT.withContinueAfterError(true)), SQL_2022))
                .contains("CONTINUE_AFTER_ERROR");
    }

    @Test
    void sizesOfTheRequestWinOverTheInstallations() {
        BackupRequest request =
                BackupRequest.full("Sales", 1).withOptions(BackupOptions.DEFAULT.withTransfer(4 << 20, 7));

        assertThat(sql(request, SQL_2022)).contains("MAXTRANSFERSIZE = 4194304, BUFFERCOUNT = 7,");
    }

    @Test
    void aTransferSizeThatSqlServerWouldRefuseIsRefused() {
        assertThatThrownBy(() -> BackupOptions.DEFAULT.withTransfer(100_000, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("64 KiB");
    }

    @Test
    void aBackupSaysEveryOptionThatMatters() {
        String sql = BackupStatement.of(
                BackupRequest.full("Sales", 2),
                List.of("sluice-1", "sluice-1-2"),
                TransferOptions.DEFAULT,
                SQL_2022,
                "01ID",
                "why");

        assertThat(sql)
                .isEqualTo("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'sluice-1', VIRTUAL_DEVICE = N'sluice-1-2'"
                        + " WITH FORMAT, CHECKSUM, STOP_ON_ERROR, NO_COMPRESSION, MAXTRANSFERSIZE = 1048576, BUFFERCOUNT = 8, STATS = 1,"
                        + " NAME = N'Sluice 01ID', DESCRIPTION = N'why'");
    }

    @Test
    void namesCannotBreakOutOfTheirQuotes() {
        BackupRequest request = BackupRequest.log("a]; DROP TABLE x --")
                .withCopyOnly(true)
                .withOptions(BackupOptions.DEFAULT
                        .withChecksum(false)
                        .withEncryption(new Encryption(Encryption.Algorithm.AES_256, "cert]; --")));

        String sql = BackupStatement.of(request, List.of("s"), TransferOptions.DEFAULT, SQL_2022, "id", "it's");

        assertThat(sql)
                .startsWith("BACKUP LOG [a]]; DROP TABLE x --] TO")
                .contains("COPY_ONLY")
                .contains("NO_CHECKSUM")
                .contains("ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [cert]]; --])")
                .endsWith("DESCRIPTION = N'it''s'");
    }
}
