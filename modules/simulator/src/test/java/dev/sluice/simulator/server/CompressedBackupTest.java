package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlMessage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// WITH COMPRESSION: the container that is the default in production goes out and comes back.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class CompressedBackupTest {

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
    void aChainOfContainersRestoresToTheSamePages() throws Exception {
        List<byte[]> full = bench.backUp("DATABASE [Sales]", 3, "COMPRESSION, CHECKSUM, BLOCKSIZE = 4096");
        bench.work("Sales", 10, 1);
        List<byte[]> differential =
                bench.backUp("DATABASE [Sales]", 2, "DIFFERENTIAL, COMPRESSION (ALGORITHM = MS_XPRESS)");
        bench.work("Sales", 10, 2);
        List<byte[]> log = bench.backUp("LOG [Sales]", 1, "COMPRESSION");

        for (byte[] stripe : full) {
            assertThat(new String(stripe, 0, 8, StandardCharsets.US_ASCII)).isEqualTo("MSSQLBAK");
            assertThat(stripe.length % 4096).isZero();
        }
        assertThat(bench.restore("VERIFYONLY", full, "CHECKSUM").messages())
                .extracting(SqlMessage::number)
                .contains(3262);
        bench.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY, BLOCKSIZE = 4096"));
        bench.restored("DATABASE [A]", differential, "NORECOVERY");
        bench.restored("LOG [A]", log, "RECOVERY");
        assertThat(bench.server.compare("Sales", "A")).isEmpty();
        assertThat(bench.server.pageVersions("A")).isNotEmpty();
    }

    @Test
    void saysThatItIsCompressed() throws Exception {
        List<byte[]> stripes = bench.backUp("DATABASE [Sales]", 1, "COMPRESSION, NAME = N'packed'");

        CollectedResponse header = bench.restore("HEADERONLY", stripes, "");
        CollectedResponse label = bench.restore("LABELONLY", stripes, "");

        assertThat(Bench.column(header, "Compressed")).isEqualTo(true);
        assertThat(Bench.column(header, "CompressionAlgorithm")).isEqualTo("MS_XPRESS");
        assertThat(Bench.column(header, "BackupFinishDate")).isNotNull();
        assertThat(Bench.column(label, "IsCompressed")).isEqualTo(true);
        assertThat(bench.value("SELECT is_compressed FROM msdb.dbo.backupmediaset"))
                .isEqualTo(true);
        assertThat(bench.value("SELECT compression_algorithm FROM msdb.dbo.backupset"))
                .isEqualTo("MS_XPRESS");
        assertThat(((Number) bench.value("SELECT compressed_backup_size FROM msdb.dbo.backupset")).longValue())
                .isEqualTo(stripes.getFirst().length);
    }

    @Test
    void refusesContainersThatAreDamagedOrCutOff() throws Exception {
        byte[] stripe = bench.backUp("DATABASE [Sales]", 1, "COMPRESSION").getFirst();
        byte[] page = stripe.clone();
        page[stripe.length / 2 + 1000] ^= 1;
        byte[] table = stripe.clone();
        Arrays.fill(table, stripe.length / 2, stripe.length / 2 + 40_000, (byte) 0);

        assertThat(restore(page)).containsExactly(3183, 3013);
        assertThat(restore(table)).endsWith(3013).doesNotContain(3014);
        assertThat(restore(Arrays.copyOf(stripe, stripe.length - 4096))).containsExactly(3256, 3013);
        assertThat(restore(Arrays.copyOf(stripe, stripe.length / 2 / 512 * 512)))
                .endsWith(3013)
                .hasSize(2);
    }

    private List<Integer> restore(byte[] stripe) throws InterruptedException {
        return Bench.numbers(bench.restore("DATABASE [A]", List.of(stripe), Bench.moved("a", "REPLACE")));
    }
}
