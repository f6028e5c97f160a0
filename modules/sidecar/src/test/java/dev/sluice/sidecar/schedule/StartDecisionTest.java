package dev.sluice.sidecar.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.sql.ServerDatabases;
import java.util.Collections;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a planned backup turns into.
class StartDecisionTest {

    private static final UUID BASE = UUID.nameUUIDFromBytes(new byte[] {1});

    private static StartDecision of(BackupType type, ServerDatabases.Facts facts, UUID... held) {
        return StartDecision.of(type, false, facts, Set.of(held)::contains);
    }

    private static ServerDatabases.Facts facts(String model, boolean chain, UUID base) {
        return new ServerDatabases.Facts("Sales", model, chain, Collections.singleton(base));
    }

    @Test
    void aDifferentialWhoseBaseIsInTheBucketIsTaken() {
        assertThat(of(BackupType.DIFFERENTIAL, facts("FULL", true, BASE), BASE))
                .isEqualTo(new StartDecision.Take(BackupType.DIFFERENTIAL, ""));
    }

    @Test
    void aDifferentialWhoseBaseSomebodyElseHasBecomesAFull() {
        assertThat(of(BackupType.DIFFERENTIAL, facts("FULL", true, BASE)))
                .isInstanceOfSatisfying(StartDecision.Take.class, take -> {
                    assertThat(take.type()).isEqualTo(BackupType.FULL);
                    assertThat(take.why()).contains(BASE.toString());
                });
    }

    @Test
    void aDifferentialWithoutAnyBaseBecomesAFull() {
        assertThat(of(BackupType.DIFFERENTIAL, facts("SIMPLE", false, null)))
                .isInstanceOfSatisfying(
                        StartDecision.Take.class,
                        take -> assertThat(take.type()).isEqualTo(BackupType.FULL));
    }

    @Test
    void filesWithDifferentBasesNeedAllOfThem() {
        UUID other = UUID.nameUUIDFromBytes(new byte[] {2});
        ServerDatabases.Facts facts = new ServerDatabases.Facts("Sales", "FULL", true, Set.of(BASE, other));

        assertThat(of(BackupType.DIFFERENTIAL, facts, BASE))
                .isInstanceOfSatisfying(
                        StartDecision.Take.class,
                        take -> assertThat(take.type()).isEqualTo(BackupType.FULL));
        assertThat(of(BackupType.DIFFERENTIAL, facts, BASE, other))
                .isEqualTo(new StartDecision.Take(BackupType.DIFFERENTIAL, ""));
    }

    @Test
    void ofMasterThereAreFullBackupsOnly() {
        ServerDatabases.Facts master =
                new ServerDatabases.Facts("master", "SIMPLE", false, Collections.singleton(BASE));

        assertThat(of(BackupType.DIFFERENTIAL, master, BASE))
                .isInstanceOfSatisfying(
                        StartDecision.Take.class,
                        take -> assertThat(take.type()).isEqualTo(BackupType.FULL));
        assertThat(of(BackupType.LOG, master)).isInstanceOf(StartDecision.LeaveOut.class);
    }

    /// What a backup that nobody asked for becomes on this replica: taken, or left to another one.
    @ParameterizedTest
    @CsvSource(textBlock = """
            # planned,    copy-only, primary, preferred, taken
            FULL,         false,     true,    true,      true
            FULL,         false,     true,    false,     true
            FULL,         false,     false,   true,      false
            FULL,         true,      false,   true,      true
            FULL,         true,      true,    false,     false
            DIFFERENTIAL, false,     true,    false,     true
            DIFFERENTIAL, false,     false,   true,      false
            LOG,          false,     true,    true,      true
            LOG,          false,     true,    false,     false
            LOG,          false,     false,   true,      true
            LOG,          false,     false,   false,     false
            LOG,          true,      true,    false,     true
            LOG,          true,      false,   true,      false
            """)
    void ofAGroupsReplicasOneTakesEachBackup(
            BackupType planned, boolean copyOnly, boolean primary, boolean preferred, boolean taken) {
        ServerDatabases.Facts facts = new ServerDatabases.Facts(
                "Sales", "FULL", true, Set.of(BASE), new ServerDatabases.Replica(primary, preferred));

        assertThat(StartDecision.elsewhere(planned, copyOnly, facts).isEmpty()).isEqualTo(taken);
    }

    @Test
    void whatASecondaryReplicaSaysOfTheLogChainIsNotBelieved() {
        ServerDatabases.Facts secondary = new ServerDatabases.Facts(
                "Sales", "FULL", false, Set.of(BASE), new ServerDatabases.Replica(false, true));

        assertThat(of(BackupType.LOG, secondary)).isEqualTo(new StartDecision.Take(BackupType.LOG, ""));
        assertThat(StartDecision.elsewhere(BackupType.LOG, false, facts("FULL", true, BASE)))
                .isEmpty();
    }

    @Test
    void aLogIsTakenUnderFullAndBulkLoggedRecoveryOnly() {
        assertThat(of(BackupType.LOG, facts("FULL", true, BASE))).isEqualTo(new StartDecision.Take(BackupType.LOG, ""));
        assertThat(of(BackupType.LOG, facts("BULK_LOGGED", true, BASE)))
                .isEqualTo(new StartDecision.Take(BackupType.LOG, ""));
        assertThat(of(BackupType.LOG, facts("SIMPLE", true, BASE))).isInstanceOf(StartDecision.LeaveOut.class);
        assertThat(of(BackupType.LOG, facts("FULL", false, BASE))).isInstanceOf(StartDecision.LeaveOut.class);
    }
}
