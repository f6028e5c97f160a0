package dev.sluice.engine.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupDetails;
import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.sql.LastBackups;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What proves that a backup counts, what proves that it does not, and what proves nothing.
class ProofTest {

    private static final String SET = "11111111-1111-1111-1111-111111111111";
    private static final String OLDER = "22222222-2222-2222-2222-222222222222";
    private static final String DATABASE = "33333333-3333-3333-3333-333333333333";
    private static final String FORK = "44444444-4444-4444-4444-444444444444";
    private static final SetFacts NO_ROW = SetFacts.NONE;
    private static final SetFacts ROW = SetFacts.of(Map.of("backup_set_uuid", SET));

    /// The log backup in these tests goes from 100 to 200; the full one's checkpoint is 150.
    private static final LastBackups BEFORE = witness(DATABASE, FORK, 100L, OLDER, 50);

    private static LastBackups witness(
            String database, String fork, @Nullable Long log, @Nullable String base, long lsn) {
        return new LastBackups(
                database, fork, log == null ? null : BigInteger.valueOf(log), base, BigInteger.valueOf(lsn), false, "");
    }

    private static BackupDocument pending(BackupType type, boolean copyOnly, boolean described, LastBackups before) {
        return new BackupDocument(
                BackupDocument.SCHEMA_VERSION,
                "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                "test",
                "test",
                "Sales",
                type,
                copyOnly,
                "sluice-01ARZ3NDEKTSV4RRFFQ69G5FAV",
                Instant.EPOCH,
                null,
                new BackupDocument.Verdict(Outcome.PENDING, ""),
                new BackupDocument.Options(1 << 20, 0, 4, false, true),
                BigInteger.valueOf(100),
                BigInteger.valueOf(200),
                described ? List.of(new BackupDocument.Stripe(1, List.of())) : List.of(),
                new BackupDetails(
                        null,
                        null,
                        null,
                        before.toBaseline(),
                        List.of(),
                        SetFacts.of(Map.of("backup_set_uuid", SET, "checkpoint_lsn", "150")),
                        List.of(),
                        null,
                        Map.of()));
    }

    private static Proof proof(BackupType type, SetFacts row, @Nullable LastBackups now) {
        return Proof.of(new Proof.Evidence(pending(type, false, true, BEFORE), row, now, true));
    }

    @Test
    void aRowCommits() {
        for (BackupType type : BackupType.values()) {
            assertThat(proof(type, ROW, BEFORE)).isInstanceOf(Proof.Good.class);
        }
    }

    @Test
    void aRowOfAnotherSetUnderTheSameDeviceProvesNothing() {
        assertThat(proof(BackupType.FULL, SetFacts.of(Map.of("backup_set_uuid", OLDER)), BEFORE))
                .isInstanceOf(Proof.None.class);
    }

    @Test
    void whatWasNeverCalledDurableIsDeleted() {
        BackupDocument pending = pending(BackupType.LOG, false, false, BEFORE);

        assertThat(Proof.of(new Proof.Evidence(pending, NO_ROW, BEFORE, false))).isInstanceOf(Proof.Bad.class);
    }

    @Test
    void aRowForWhatWasNeverDescribedIsLeftToPeople() {
        BackupDocument pending = pending(BackupType.LOG, false, false, BEFORE);

        assertThat(Proof.of(new Proof.Evidence(pending, ROW, BEFORE, true))).isInstanceOf(Proof.None.class);
    }

    @Test
    void theDifferentialBaseCommitsAFullBackup() {
        assertThat(proof(BackupType.FULL, NO_ROW, witness(DATABASE, FORK, 100L, SET, 150)))
                .isInstanceOf(Proof.Good.class);
    }

    @Test
    void anOlderDifferentialBaseDeletesAFullBackup() {
        assertThat(proof(BackupType.FULL, NO_ROW, BEFORE)).isInstanceOf(Proof.Bad.class);
        assertThat(proof(BackupType.FULL, NO_ROW, witness(DATABASE, FORK, null, null, 0)))
                .isInstanceOf(Proof.Bad.class);
    }

    @Test
    void aNewerDifferentialBaseProvesNothing() {
        assertThat(proof(BackupType.FULL, NO_ROW, witness(DATABASE, FORK, 100L, OLDER, 151)))
                .isInstanceOf(Proof.None.class);
    }

    @Test
    void theEndOfTheBackedUpLogCommitsALogBackup() {
        assertThat(proof(BackupType.LOG, NO_ROW, witness(DATABASE, FORK, 200L, OLDER, 50)))
                .isInstanceOf(Proof.Good.class);
        assertThat(proof(BackupType.LOG, NO_ROW, witness(DATABASE, FORK, 300L, OLDER, 50)))
                .isInstanceOf(Proof.Good.class);
    }

    @Test
    void anEarlierEndOfTheBackedUpLogDeletesALogBackup() {
        assertThat(proof(BackupType.LOG, NO_ROW, BEFORE)).isInstanceOf(Proof.Bad.class);
    }

    @Test
    void anEmptyLogBackupProvesNothingByItsEnd() {
        LastBackups before = witness(DATABASE, FORK, 200L, OLDER, 50);
        BackupDocument pending = pending(BackupType.LOG, false, true, before);

        assertThat(Proof.of(new Proof.Evidence(pending, NO_ROW, before, true))).isInstanceOf(Proof.None.class);
    }

    /// SQL Server flushes in the middle, for FILESTREAM data, and a crash leaves that description behind.
    @Test
    void aStreamThatIsNotWholeIsNotCommittedWithoutARow() {
        BackupDocument whole = pending(BackupType.LOG, false, true, BEFORE);
        BackupDocument part = new BackupDocument(
                whole.schemaVersion(),
                whole.backupId(),
                whole.sluiceVersion(),
                whole.server(),
                whole.database(),
                whole.type(),
                whole.copyOnly(),
                whole.deviceSet(),
                whole.startedAt(),
                null,
                whole.verdict(),
                whole.options(),
                whole.firstLsn(),
                whole.lastLsn(),
                whole.stripes(),
                whole.details()
                        .withStreams(
                                List.of(), SetFacts.of(Map.of("backup_set_uuid", SET, "final", false)), List.of()));
        LastBackups later = witness(DATABASE, FORK, 300L, OLDER, 50);

        assertThat(Proof.of(new Proof.Evidence(whole, NO_ROW, later, true))).isInstanceOf(Proof.Good.class);
        assertThat(Proof.of(new Proof.Evidence(part, NO_ROW, later, true))).isInstanceOf(Proof.None.class);
    }

    private static Optional<String> reliance(BackupType type, SetFacts row, @Nullable LastBackups now) {
        return Proof.reliance(new Proof.Evidence(pending(type, false, true, BEFORE), row, now, false));
    }

    /// 3013 behind the point of no return, and what the database says about it.
    @Test
    void whatSqlServerReliesOnOrMayRelyOnIsNotDeletedForAnError() {
        LastBackups truncated = witness(DATABASE, FORK, 200L, OLDER, 50);
        LastBackups replica =
                new LastBackups(DATABASE, FORK, BigInteger.valueOf(100), OLDER, BigInteger.valueOf(50), true, "");

        assertThat(reliance(BackupType.LOG, NO_ROW, truncated)).isPresent();
        assertThat(reliance(BackupType.LOG, NO_ROW, BEFORE))
                .as("begins before its end")
                .isEmpty();
        assertThat(reliance(BackupType.LOG, NO_ROW, null)).as("no database").isPresent();
        assertThat(reliance(BackupType.LOG, NO_ROW, replica)).as("replicas").isPresent();
        assertThat(reliance(BackupType.FULL, NO_ROW, witness(DATABASE, FORK, 100L, SET, 150)))
                .isPresent();
        assertThat(reliance(BackupType.FULL, NO_ROW, BEFORE)).isEmpty();
        assertThat(reliance(BackupType.FULL, NO_ROW, null)).isPresent();
        assertThat(reliance(BackupType.DIFFERENTIAL, NO_ROW, BEFORE)).isEmpty();
        for (BackupType type : BackupType.values()) {
            assertThat(reliance(type, ROW, BEFORE)).as("%s with a row", type).isPresent();
        }
    }

    @Test
    void aHistoryWithHolesDeletesNothing() {
        for (BackupType type : BackupType.values()) {
            BackupDocument pending = pending(type, false, true, BEFORE);
            assertThat(Proof.of(new Proof.Evidence(pending, NO_ROW, BEFORE, false)))
                    .isInstanceOf(Proof.None.class);
        }
    }

    @Test
    void aDatabaseThatWasRestoredOrIsGoneDeletesNothing() {
        for (BackupType type : BackupType.values()) {
            assertThat(proof(type, NO_ROW, null)).isInstanceOf(Proof.None.class);
            assertThat(proof(type, NO_ROW, witness(OLDER, FORK, 100L, OLDER, 50)))
                    .isInstanceOf(Proof.None.class);
            assertThat(proof(type, NO_ROW, witness(DATABASE, OLDER, 100L, OLDER, 50)))
                    .isInstanceOf(Proof.None.class);
        }
    }

    @Test
    void aReplicatedDatabaseDeletesNothing() {
        LastBackups now =
                new LastBackups(DATABASE, FORK, BigInteger.valueOf(100), OLDER, BigInteger.valueOf(50), true, "");

        assertThat(proof(BackupType.FULL, NO_ROW, now)).isInstanceOf(Proof.None.class);
        assertThat(proof(BackupType.LOG, NO_ROW, now)).isInstanceOf(Proof.None.class);
    }

    @Test
    void whatLeavesNoOtherTraceIsNeverDeletedForWantOfARow() {
        assertThat(proof(BackupType.DIFFERENTIAL, NO_ROW, BEFORE)).isInstanceOf(Proof.None.class);
        for (BackupType type : List.of(BackupType.FULL, BackupType.LOG)) {
            BackupDocument pending = pending(type, true, true, BEFORE);
            assertThat(Proof.of(new Proof.Evidence(pending, NO_ROW, BEFORE, true)))
                    .isInstanceOf(Proof.None.class);
        }
    }

    @Test
    void aWitnessSurvivesItsDocument() {
        assertThat(LastBackups.before(pending(BackupType.LOG, false, true, BEFORE)))
                .contains(BEFORE);
        LastBackups bare = witness(DATABASE, FORK, null, null, 0);
        assertThat(LastBackups.before(pending(BackupType.LOG, false, true, bare)))
                .contains(bare);
    }
}
