package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.server.Product.Edition;
import dev.sluice.simulator.server.Product.Release;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a release and an edition do not know is refused, and local time is the server's.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ProductTest {

    private static final String BACKUP = "BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'x' WITH ";

    private static Bench bench(Release release, Edition edition) throws Exception {
        return new Bench(options -> options.withDatabase("Sales", 1 << 20).withProduct(new Product(release, edition)));
    }

    @Test
    void saysWhoItIs() throws Exception {
        try (Bench bench = bench(Release.SQL_2019, Edition.EXPRESS)) {
            assertThat(bench.value("SELECT CAST(SERVERPROPERTY('ProductMajorVersion') AS int)"))
                    .isEqualTo(15);
            assertThat(bench.value("SELECT CAST(SERVERPROPERTY('EngineEdition') AS int)"))
                    .isEqualTo(4);
            assertThat(bench.value("SELECT @@VERSION").toString())
                    .contains("2019")
                    .contains("Express");
            assertThat(bench.value("SELECT compatibility_level FROM sys.databases WHERE name = N'Sales'"))
                    .hasToString("150");
        }
    }

    @Test
    void compressionIsWhatTheEditionAndTheReleaseKnow() throws Exception {
        String algorithm = "COMPRESSION (ALGORITHM = MS_XPRESS)";
        for (Edition small : List.of(Edition.EXPRESS, Edition.WEB)) {
            try (Bench bench = bench(Release.SQL_2022, small)) {
                assertThat(bench.errors(BACKUP + "COMPRESSION")).containsExactly(3032, 3013);
                bench.backUp("DATABASE [Sales]", 1, "NO_COMPRESSION");
            }
        }
        try (Bench bench = bench(Release.SQL_2019, Edition.STANDARD)) {
            assertThat(bench.errors(BACKUP + algorithm)).containsExactly(102);
            bench.backUp("DATABASE [Sales]", 1, "COMPRESSION");
        }
        try (Bench bench = bench(Release.SQL_2022, Edition.ENTERPRISE)) {
            assertThat(bench.errors(BACKUP + "COMPRESSION (ALGORITHM = ZSTD)")).containsExactly(102);
            assertThat(bench.errors(BACKUP + "COMPRESSION (ALGORITHM = MS_XPRESS, LEVEL = LOW)"))
                    .containsExactly(102);
            assertThat(bench.errors(BACKUP + "COMPRESSION (LEVEL = LOW)")).containsExactly(102);
            assertThat(bench.errors(BACKUP + "COMPRESSION (ALGORITHM =)")).containsExactly(102);
            bench.backUp("DATABASE [Sales]", 1, algorithm);
        }
        try (Bench bench = bench(Release.SQL_2025, Edition.DEVELOPER)) {
            assertThat(bench.errors(BACKUP + "COMPRESSION (ALGORITHM = ZSTD, LEVEL = HUGE)"))
                    .containsExactly(102);
            bench.backUp("DATABASE [Sales]", 1, "COMPRESSION (ALGORITHM = ZSTD, LEVEL = HIGH)");
            // Allowed, but nothing that this stand-in has the hardware for; which it says.
            assertThat(bench.errors(BACKUP + "COMPRESSION (ALGORITHM = QAT_DEFLATE)"))
                    .containsExactly(50_000, 3013);
        }
    }

    @Test
    void columnsThatCameWith2022AreNotThereBefore() throws Exception {
        String select = "SELECT last_valid_restore_time, compression_algorithm FROM msdb.dbo.backupset";
        try (Bench old = bench(Release.SQL_2019, Edition.DEVELOPER);
                Bench later = bench(Release.SQL_2022, Edition.DEVELOPER)) {
            assertThat(old.errors(select)).containsExactly(207);
            later.ok(select);
            int columns = 0;
            for (Bench each : List.of(old, later)) {
                List<byte[]> stripes = each.backUp("DATABASE [Sales]", 1, "");
                var header = each.restore("HEADERONLY", stripes, "");
                assertThat(Bench.column(header, "DatabaseName")).isEqualTo("Sales");
                int here = header.statements().getFirst().columns().size();
                assertThat(columns == 0 || here == columns + 3).isTrue();
                columns = here;
            }
        }
    }

    @Test
    void aBackupOfALaterReleaseIsNotRestored() throws Exception {
        try (Bench old = bench(Release.SQL_2019, Edition.DEVELOPER);
                Bench later = bench(Release.SQL_2025, Edition.DEVELOPER)) {
            List<byte[]> fromLater = later.backUp("DATABASE [Sales]", 1, "");
            List<byte[]> fromOld = old.backUp("DATABASE [Sales]", 1, "");

            assertThat(Bench.numbers(old.restore("DATABASE [A]", fromLater, Bench.moved("a", ""))))
                    .containsExactly(3169, 3013);
            later.restored("DATABASE [A]", fromOld, Bench.moved("a", ""));
        }
    }

    /// Across the hour that the clock goes through twice.
    @Test
    void localTimeFollowsTheZonesSummerTime() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-10-25T00:30:00Z"));
        InstantSource clock = now::get;
        try (Bench bench = new Bench(
                options -> options.withDatabase("Sales", 1 << 20).withClock(clock, ZoneId.of("Europe/Berlin")))) {
            List<byte[]> full = bench.backUp("DATABASE [Sales]", 1, "");
            bench.work("Sales", 2, 1);
            Map<Long, Long> summer = bench.server.pageVersions("Sales");
            assertThat(bench.value("SELECT DATEDIFF(minute, SYSUTCDATETIME(), SYSDATETIME())"))
                    .isEqualTo(120);
            now.updateAndGet(instant -> instant.plus(Duration.ofHours(1)));
            assertThat(bench.value("SELECT DATEDIFF(minute, SYSUTCDATETIME(), SYSDATETIME())"))
                    .isEqualTo(60);
            now.updateAndGet(instant -> instant.plus(Duration.ofHours(1)));
            bench.work("Sales", 2, 2);
            List<byte[]> log = bench.backUp("LOG [Sales]", 1, "");
            assertThat(bench.value("SELECT backup_start_date FROM msdb.dbo.backupset WHERE type = 'L'")
                            .toString())
                    .startsWith("2026-10-25T03:30");

            bench.restored("DATABASE [A]", full, Bench.moved("a", "NORECOVERY"));
            bench.restored("LOG [A]", log, "RECOVERY, STOPAT = N'2026-10-25T02:30:00'");
            assertThat(bench.server.pageVersions("A")).isEqualTo(summer);
        }
    }
}
