package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What `sys.dm_db_file_space_usage` and `sys.dm_db_log_stats` tell a program that decides about its next backup.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ChangedExtentsTest {

    private Bench bench;

    @BeforeEach
    void start() throws Exception {
        bench = Bench.withSales();
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    private long modified() throws InterruptedException {
        return (Long) bench.value("SELECT modified_extent_page_count FROM [Sales].sys.dm_db_file_space_usage");
    }

    private double log() throws InterruptedException {
        return (Double) bench.value("SELECT l.log_since_last_log_backup_mb FROM sys.databases d"
                + " CROSS APPLY sys.dm_db_log_stats(d.database_id) l WHERE d.name = N'Sales'");
    }

    @Test
    void changedPagesAreCountedByExtentSinceTheLastFullBackupThatIsABase() throws Exception {
        bench.backUp("DATABASE [Sales]", 1, "");
        assertThat(modified()).isZero();

        bench.work("Sales", 20, 1);
        long changed = modified();
        assertThat(changed).isPositive().isLessThanOrEqualTo((4 << 20) / 8192);
        assertThat(changed % 8).as("an extent has eight pages").isZero();

        bench.backUp("DATABASE [Sales]", 1, "DIFFERENTIAL");
        bench.backUp("DATABASE [Sales]", 1, "COPY_ONLY");
        bench.backUp("LOG [Sales]", 1, "");
        assertThat(modified()).as("none of these is a base").isEqualTo(changed);

        bench.backUp("DATABASE [Sales]", 1, "");
        assertThat(modified()).isZero();
    }

    @Test
    void theLogSinceTheLastLogBackupShrinksWithALogBackupThatIsNotCopyOnly() throws Exception {
        bench.backUp("DATABASE [Sales]", 1, "");
        bench.work("Sales", 200, 1);
        double grown = log();

        bench.backUp("LOG [Sales]", 1, "COPY_ONLY");
        assertThat(log()).isGreaterThanOrEqualTo(grown);

        bench.backUp("LOG [Sales]", 1, "");
        assertThat(log()).isLessThan(grown);
    }
}
