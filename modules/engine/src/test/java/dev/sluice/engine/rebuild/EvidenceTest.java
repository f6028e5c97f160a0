package dev.sluice.engine.rebuild;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.SetFacts;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/// What later backups prove, and what they do not.
class EvidenceTest {

    private static final UUID FORK = new UUID(7, 7);

    @Test
    void aLogThatTheNextOneContinuesWasGood() {
        SetFacts log = log(1, 100, 200);
        Evidence evidence = new Evidence();
        evidence.add(BackupType.LOG, log);
        assertThat(evidence.goodness(BackupType.LOG, log)).isEmpty();

        evidence.add(BackupType.LOG, log(2, 200, 300));

        assertThat(evidence.goodness(BackupType.LOG, log))
                .hasValueSatisfying(proof -> assertThat(proof).contains(new UUID(0, 2).toString()));
    }

    @Test
    void afterALogThatFailedTheNextOneBeginsWhereItBegan() {
        Evidence evidence = new Evidence();
        evidence.add(BackupType.LOG, log(2, 100, 300));

        assertThat(evidence.goodness(BackupType.LOG, log(1, 100, 200))).isEmpty();
    }

    @Test
    void anEmptyLogIsProvedByNothing() {
        Evidence evidence = new Evidence();
        evidence.add(BackupType.LOG, log(2, 200, 300));

        assertThat(evidence.goodness(BackupType.LOG, log(1, 200, 200))).isEmpty();
    }

    @Test
    void theLogOfAnotherForkOrDatabaseProvesNothing() {
        Evidence evidence = new Evidence();
        evidence.add(BackupType.LOG, with(log(2, 200, 300), "first_recovery_fork_guid", new UUID(8, 8)));
        evidence.add(BackupType.LOG, with(log(3, 200, 300), "database_guid", new UUID(9, 9)));

        assertThat(evidence.goodness(BackupType.LOG, log(1, 100, 200))).isEmpty();
    }

    @Test
    void aFullBackupThatOthersRestOnWasGood() {
        SetFacts full = with(log(1, 100, 200), "checkpoint_lsn", 150);
        Evidence byBase = new Evidence();
        byBase.add(BackupType.DIFFERENTIAL, with(log(2, 300, 400), "differential_base_guid", new UUID(0, 1)));
        Evidence byLsn = new Evidence();
        byLsn.add(BackupType.FULL, full);
        assertThat(byLsn.goodness(BackupType.FULL, full)).isEmpty();
        byLsn.add(BackupType.LOG, with(log(3, 200, 400), "database_backup_lsn", 150));

        assertThat(byBase.goodness(BackupType.FULL, full)).isPresent();
        assertThat(byLsn.goodness(BackupType.FULL, full)).isPresent();
        assertThat(byLsn.goodness(BackupType.DIFFERENTIAL, full)).isEmpty();
        assertThat(byLsn.goodness(BackupType.FULL, SetFacts.NONE)).isEmpty();
    }

    private static SetFacts log(int set, int first, int last) {
        return SetFacts.of(Map.of(
                "backup_set_uuid", new UUID(0, set).toString(),
                "database_guid", new UUID(5, 5).toString(),
                "first_recovery_fork_guid", FORK.toString(),
                "last_recovery_fork_guid", FORK.toString(),
                "first_lsn", String.valueOf(first),
                "last_lsn", String.valueOf(last)));
    }

    private static SetFacts with(SetFacts facts, String column, Object value) {
        return facts.with(SetFacts.of(new HashMap<>(Map.of(column, value.toString()))));
    }
}
