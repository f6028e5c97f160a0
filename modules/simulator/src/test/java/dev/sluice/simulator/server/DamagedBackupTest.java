package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Stripes that do not belong together, bytes that changed, and backups that nobody understands.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DamagedBackupTest {

    private Bench bench;
    private List<byte[]> stripes;

    @BeforeEach
    void start() throws Exception {
        bench = Bench.withSales();
        stripes = bench.backUp("DATABASE [Sales]", 2, "CHECKSUM");
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    private List<Integer> restore(List<byte[]> these) throws InterruptedException {
        return Bench.numbers(bench.restore("DATABASE [A]", these, Bench.moved("a", "")));
    }

    @Test
    void refusesStripesThatAreMissingMixedOrTooMany() throws Exception {
        List<byte[]> other = bench.backUp("DATABASE [Sales]", 2, "CHECKSUM");
        List<byte[]> single = bench.backUp("DATABASE [Sales]", 1, "");

        assertThat(restore(List.of(stripes.getFirst()))).containsExactly(3132, 3013);
        assertThat(restore(List.of(stripes.getFirst(), other.getLast()))).containsExactly(3258, 3013);
        assertThat(restore(List.of(stripes.getFirst(), stripes.getFirst()))).containsExactly(3227, 3013);
        assertThat(restore(List.of(single.getFirst(), single.getFirst()))).containsExactly(3231, 3013);
        assertThat(restore(stripes.reversed())).isEmpty();
    }

    @Test
    void refusesChangedBytesOfPagesHeadersAndLog() throws Exception {
        byte[] page = stripes.getFirst().clone();
        page[page.length / 2] ^= 1;
        byte[] header = stripes.getFirst().clone();
        header[1024 + 4] ^= 1;
        byte[] tape = stripes.getFirst().clone();
        tape[0] = 'X';

        assertThat(restore(List.of(page, stripes.getLast()))).containsExactly(3183, 3013);
        assertThat(restore(List.of(header, stripes.getLast()))).containsExactly(3241, 3013);
        assertThat(restore(List.of(tape, stripes.getLast()))).containsExactly(3241, 3013);
    }

    @Test
    void refusesABackupThatIsCutOff() throws Exception {
        byte[] first = stripes.getFirst();
        byte[] cut = Arrays.copyOf(first, first.length - 4096);

        assertThat(restore(List.of(cut, stripes.getLast()))).containsExactly(3256, 3013);
        assertThat(restore(List.of(new byte[0], stripes.getLast()))).containsExactly(3208, 3013);
    }

    @Test
    void listsAndVerifiesWithoutRestoring() throws Exception {
        List<byte[]> second = stripes.subList(1, 2);
        CollectedResponse header = bench.restore("HEADERONLY", second, "FILE = 1, CHECKSUM");
        CollectedResponse files = bench.restore("FILELISTONLY", second, "");
        CollectedResponse label = bench.restore("LABELONLY", second, "");
        CollectedResponse verified = bench.restore("VERIFYONLY", stripes, "CHECKSUM");

        assertThat(header.statements().getFirst().columns()).hasSizeGreaterThan(55);
        assertThat(header.statements().getFirst().rows().getFirst()).contains("Sales", "Database");
        assertThat(files.statements().getFirst().rows()).hasSize(2);
        assertThat(Bench.column(label, "FamilyCount")).isEqualTo(2);
        assertThat(Bench.column(label, "FamilySequenceNumber")).isEqualTo(2);
        assertThat(verified.messages()).extracting(SqlMessage::number).contains(3262);
        assertThat(bench.value("SELECT COUNT(*) FROM sys.databases WHERE name = N'A'"))
                .isEqualTo(0);
    }

    /// Microsoft's grammar gives these one device, and no option of a transfer.
    @Test
    void listingTakesOneDeviceAndNoBufferCount() throws Exception {
        for (String kind : List.of("HEADERONLY", "FILELISTONLY", "LABELONLY")) {
            String one = "RESTORE %s FROM VIRTUAL_DEVICE = N'x'".formatted(kind);
            assertThat(bench.errors(one + ", VIRTUAL_DEVICE = N'y'")).as(kind).containsExactly(102);
            for (String option : List.of("BUFFERCOUNT = 4", "MAXTRANSFERSIZE = 65536", "STATS", "NORECOVERY")) {
                assertThat(bench.errors(one + " WITH " + option)).as(option).containsExactly(3032, 3013);
            }
            assertThat(bench.errors(one)).containsExactly(3201, 3013);
        }
        assertThat(bench.errors("RESTORE LABELONLY FROM VIRTUAL_DEVICE = N'x' WITH FILE = 1"))
                .containsExactly(3032, 3013);
    }

    /// A listing knows enough after a few KiB, and leaves the rest of a large stripe unread.
    @Test
    void listingClosesTheDeviceEarly() throws Exception {
        List<byte[]> one = stripes.subList(0, 1);

        for (String kind : List.of("LABELONLY", "FILELISTONLY")) {
            long before = bench.server.statistics().bytesDelivered();
            assertThat(bench.restore(kind, one, "").errors()).isEmpty();
            assertThat(bench.server.statistics().bytesDelivered() - before)
                    .as(kind)
                    .isLessThan(one.getFirst().length / 2);
        }
    }

    @Test
    void verifyingWithChecksumNeedsChecksums() throws Exception {
        List<byte[]> without = bench.backUp("DATABASE [Sales]", 1, "");

        assertThat(Bench.numbers(bench.restore("VERIFYONLY", without, "CHECKSUM")))
                .containsExactly(3187, 3013);
    }

    @Test
    void protectsWhatIsThere() throws Exception {
        assertThat(Bench.numbers(bench.restore("DATABASE [Sales]", stripes, "")))
                .containsExactly(3159, 3013);
        assertThat(Bench.numbers(bench.restore("DATABASE [A]", stripes, "")))
                .contains(1834, 3156, 3119)
                .endsWith(3013);
        assertThat(Bench.numbers(bench.restore("DATABASE [A]", stripes, "MOVE N'nothing' TO N'/x'")))
                .containsExactly(3234, 3013);
        assertThat(Bench.numbers(bench.restore("DATABASE [model]", stripes, Bench.moved("m", "REPLACE"))))
                .containsExactly(3101, 3013);
        bench.restored("DATABASE [Sales]", stripes, "REPLACE");
    }

    @Test
    void sendsRawFilesAsTheyAreAndKnowsThemAgain(@TempDir Path folder) throws Exception {
        byte[] one = new byte[300 * 512];
        byte[] two = new byte[100 * 512];
        Arrays.fill(one, (byte) 7);
        Arrays.fill(two, (byte) 8);
        List<Path> files =
                List.of(Files.write(folder.resolve("1.bak"), one), Files.write(folder.resolve("2.bak"), two));
        try (Bench raw = new Bench(options -> options.withRawDatabase("Raw", files))) {
            List<byte[]> sent = raw.backUp("DATABASE [Raw]", 2, "");
            assertThat(sent.get(0)).isEqualTo(one);
            assertThat(sent.get(1)).isEqualTo(two);
            assertThat(raw.errors("BACKUP DATABASE [Raw] TO VIRTUAL_DEVICE = N'x'"))
                    .containsExactly(50_000, 3013);

            raw.restored("DATABASE [Copy]", sent, "MOVE N'Copy' TO N'/d/c'");
            assertThat(raw.server.compare("Raw", "Copy")).isEmpty();

            two[5] = 0;
            assertThat(Bench.numbers(raw.restore("DATABASE [Bad]", List.of(one, two), "")))
                    .containsExactly(3241, 3013);
        }
    }

    @Test
    void restoresRealBackups() throws Exception {
        Path data = Path.of(System.getProperty("sluice.data", "none"));
        Assumptions.assumeTrue(Files.isDirectory(data), "no folder with real backups: -Dsluice.data");
        List<Path> files = List.of(
                data.resolve("striped-2008r2/stripe1/RestoreTimeStripe.bak"),
                data.resolve("striped-2008r2/stripe2/RestoreTimeStripe1.bak"));
        try (Bench raw = new Bench(options -> options.withRawDatabase("Real", files))) {
            List<byte[]> sent = raw.backUp("DATABASE [Real]", 2, "");
            assertThat(sent.getFirst()).isEqualTo(Files.readAllBytes(files.getFirst()));

            raw.restored(
                    "DATABASE [Copy]",
                    sent,
                    "MOVE N'RestoreTimeStripe' TO N'/d/c', MOVE N'RestoreTimeStripe_log' TO N'/d/l'");

            assertThat(raw.server.compare("Real", "Copy")).isEmpty();
            assertThat(raw.value("SELECT first_lsn FROM msdb.dbo.backupset").toString())
                    .isEqualTo("20000000007400170");
        }
    }
}
