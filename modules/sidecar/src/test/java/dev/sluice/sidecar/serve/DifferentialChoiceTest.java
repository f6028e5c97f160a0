package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.sql.ServerDatabases;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Whether log backups have what a differential that is left out would have.
class DifferentialChoiceTest {

    private static final Instant NIGHT = Instant.parse("2026-06-01T01:00:00Z");
    private static final ServerDatabases.Facts CHAIN = new ServerDatabases.Facts("Sales", "FULL", true, Set.of());

    private static InventoryCache.View view(boolean intact, Map<BackupType, Instant> began) {
        return new InventoryCache.View(began, began, intact, null, 0, Set.of(), 0, 0);
    }

    private static boolean logsReachNow(boolean intact, Map<BackupType, Instant> began) {
        return DifferentialChoice.logsReachNow(CHAIN, view(intact, began));
    }

    @Test
    void logsHaveTheChangesWhenTheyLeadFromTheLastDataBackupOn() {
        Map<BackupType, Instant> began = Map.of(
                BackupType.FULL, NIGHT,
                BackupType.DIFFERENTIAL, NIGHT.plusSeconds(60),
                BackupType.LOG, NIGHT.plusSeconds(120));

        assertThat(logsReachNow(true, began)).isTrue();
        assertThat(logsReachNow(false, began)).as("behind a gap").isFalse();
    }

    @Test
    void aLogThatIsOlderThanTheLastDataBackupHasNone() {
        assertThat(logsReachNow(true, Map.of(BackupType.FULL, NIGHT))).isFalse();
        assertThat(logsReachNow(true, Map.of(BackupType.FULL, NIGHT, BackupType.LOG, NIGHT.minusSeconds(1))))
                .isFalse();
        assertThat(logsReachNow(
                        true,
                        Map.of(
                                BackupType.FULL, NIGHT,
                                BackupType.LOG, NIGHT.plusSeconds(60),
                                BackupType.DIFFERENTIAL, NIGHT.plusSeconds(120))))
                .isFalse();
    }

    @Test
    void withoutALogChainThereAreNone() {
        InventoryCache.View view = view(true, Map.of(BackupType.FULL, NIGHT, BackupType.LOG, NIGHT.plusSeconds(60)));

        assertThat(DifferentialChoice.logsReachNow(new ServerDatabases.Facts("Sales", "FULL", false, Set.of()), view))
                .isFalse();
        assertThat(DifferentialChoice.logsReachNow(new ServerDatabases.Facts("Sales", "SIMPLE", true, Set.of()), view))
                .isFalse();
    }
}
