package dev.sluice.sidecar.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.sql.DataChanges;
import dev.sluice.sidecar.schedule.DifferentialRule.FullBackup;
import org.junit.jupiter.api.Test;

class DifferentialRuleTest {

    private static final long MIB = 1 << 20;
    private static final StartDecision TAKEN = new StartDecision.Take(BackupType.DIFFERENTIAL, "");

    private static DataChanges changed(long mebibytes) {
        return new DataChanges(mebibytes * MIB, 100 * MIB);
    }

    @Test
    void aDifferentialIsLeftOutBelowTheLeastAndTakenFromThereOn() {
        DifferentialRule rule = new DifferentialRule(16 * MIB, null);

        assertThat(rule.of(changed(15), () -> true, FullBackup.POSSIBLE))
                .isEqualTo(
                        new StartDecision.LeaveOut(
                                "only about 15.0 MiB of data have changed since the last full backup, and diff-when.at-least is 16.0 MiB"));
        assertThat(rule.of(changed(16), () -> true, FullBackup.POSSIBLE)).isEqualTo(TAKEN);
        assertThat(rule.of(changed(100), () -> true, FullBackup.POSSIBLE))
                .as("nothing is too much")
                .isEqualTo(TAKEN);
    }

    @Test
    void nothingIsLeftOutWhereNoLogBackupHasTheChanges() {
        assertThat(new DifferentialRule(16 * MIB, null).of(changed(1), () -> false, FullBackup.POSSIBLE))
                .isEqualTo(TAKEN);
    }

    @Test
    void aFullBackupIsTakenInsteadAboveTheMost() {
        DifferentialRule rule = new DifferentialRule(0, 60);

        assertThat(rule.of(changed(60), () -> true, FullBackup.POSSIBLE)).isEqualTo(TAKEN);
        assertThat(rule.of(changed(61), () -> false, FullBackup.POSSIBLE))
                .isEqualTo(
                        new StartDecision.Take(
                                BackupType.FULL,
                                "about 61.0 % of the data have changed since the last full backup, and diff-when.full-above is 60 %"));
        assertThat(rule.of(new DataChanges(0, 0), () -> true, FullBackup.POSSIBLE))
                .isEqualTo(TAKEN);
    }

    @Test
    void aFullBackupThatFailsOrIsPausedDoesNotKeepTheDifferentialFromBeingTaken() {
        DifferentialRule rule = new DifferentialRule(0, 60);

        assertThat(rule.of(changed(61), () -> true, FullBackup.FAILED))
                .isEqualTo(
                        new StartDecision.Take(
                                BackupType.DIFFERENTIAL,
                                "about 61.0 % of the data have changed since the last full backup, and diff-when.full-above is 60 %; but the last attempt has failed, so the differential is taken"));
        assertThat(rule.of(changed(61), () -> true, FullBackup.PAUSED))
                .isInstanceOfSatisfying(StartDecision.Take.class, take -> {
                    assertThat(take.type()).isEqualTo(BackupType.DIFFERENTIAL);
                    assertThat(take.why()).contains("full backups are paused");
                });
        assertThat(rule.of(changed(60), () -> true, FullBackup.FAILED)).isEqualTo(TAKEN);
    }
}
