package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.DrillDocument;
import dev.sluice.catalog.PauseDocument;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.plan.Window;
import dev.sluice.engine.run.FailureId;
import dev.sluice.mtf.Lsn;
import dev.sluice.sidecar.pause.Pause;
import dev.sluice.sidecar.serve.DatabaseStatus.Condition;
import dev.sluice.sidecar.serve.DatabaseStatus.TypeStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What is told of a database, and how much a person is needed.
class DatabaseStatusTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final TypeStatus LOG =
            new TypeStatus(BackupType.LOG, NOW.minusSeconds(60), NOW.plusSeconds(60), Optional.empty());

    private static InventoryCache.View view(boolean intact, boolean window, int unreadable) {
        return new InventoryCache.View(
                Map.of(),
                Map.of(),
                intact,
                window
                        ? new Window(
                                new UUID(1, 1),
                                new UUID(1, 2),
                                "Sales",
                                NOW.minus(Duration.ofDays(1)),
                                NOW,
                                Lsn.ZERO,
                                Lsn.ZERO)
                        : null,
                0,
                Set.of(),
                unreadable,
                0);
    }

    private static DatabaseStatus status(
            boolean online,
            InventoryCache.@Nullable View view,
            Set<ChainFinding.Kind> broken,
            TypeStatus type,
            Set<BackupType> running,
            int unconfirmed) {
        return DatabaseStatus.of(
                "Sales",
                online,
                view,
                broken,
                List.of(type),
                running,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                unconfirmed,
                NOW);
    }

    private static DatabaseStatus of(InventoryCache.@Nullable View view) {
        return status(true, view, Set.of(), LOG, Set.of(), 0);
    }

    @Test
    void aDatabaseIsWellWhenNothingIsWrong() {
        DatabaseStatus well = of(view(true, true, 0));

        assertThat(well.condition()).isEqualTo(Condition.WELL);
        assertThat(well.problems()).isEmpty();
        assertThat(well.window()).isNotNull();
    }

    @Test
    void whatCannotBeRestoredOrBackedUpIsFailing() {
        assertFailing(of(view(false, false, 0)), "no backup of it that can be restored");
        assertFailing(of(view(false, true, 0)), "newest backup cannot be restored");
        assertFailing(status(false, null, Set.of(), LOG, Set.of(), 0), "It is not there");
        TypeStatus failed = new TypeStatus(
                BackupType.LOG,
                null,
                null,
                Optional.of(new LastFailures.Failure(NOW, FailureId.STORE_FAILED, "It hangs")));
        assertFailing(
                status(true, view(true, true, 0), Set.of(), failed, Set.of(), 0),
                "Its last log backup failed at 2026-03-01T10:00:00Z: It hangs (store-failed)");
        for (ChainFinding.Kind kind : ChainFinding.Kind.values()) {
            DatabaseStatus broken = status(true, view(true, true, 0), Set.of(kind), LOG, Set.of(), 0);
            assertThat(broken.problems()).hasSize(1);
            assertThat(broken.condition())
                    .isEqualTo(kind == ChainFinding.Kind.SIMPLE_RECOVERY ? Condition.ATTENTION : Condition.FAILING);
        }
    }

    private static void assertFailing(DatabaseStatus status, String problem) {
        assertThat(status.condition()).isEqualTo(Condition.FAILING);
        assertThat(status.problems()).singleElement().asString().contains(problem);
    }

    @Test
    void whatAPersonShouldLookAtNeedsAttention() {
        assertThat(of(null).condition()).isEqualTo(Condition.ATTENTION);
        TypeStatus full = new TypeStatus(BackupType.FULL, null, NOW, Optional.empty());
        DatabaseStatus first = status(true, view(false, false, 0), Set.of(), full, Set.of(), 0);
        assertThat(first.condition()).isEqualTo(Condition.ATTENTION);
        assertThat(first.problems()).singleElement().asString().contains("first full backup");
        assertThat(of(view(true, true, 2)).problems()).containsExactly("2 entries of its catalog cannot be read.");
        DatabaseStatus unconfirmed = status(true, view(true, true, 0), Set.of(), LOG, Set.of(), 3);
        assertThat(unconfirmed.condition()).isEqualTo(Condition.ATTENTION);
        TypeStatus late = new TypeStatus(BackupType.LOG, null, NOW.minusSeconds(601), Optional.empty());
        assertThat(status(true, view(true, true, 0), Set.of(), late, Set.of(), 0)
                        .problems())
                .containsExactly("A log backup has been due since 2026-03-01T09:49:59Z.");
        assertThat(status(true, view(true, true, 0), Set.of(), late, Set.of(BackupType.LOG), 0)
                        .condition())
                .as("it is under way")
                .isEqualTo(Condition.WELL);
    }

    @Test
    void aDrillThatFoundSomethingIsFailing() {
        Map<DrillDocument.Outcome, Condition> expected = Map.of(
                DrillDocument.Outcome.SOUND, Condition.WELL,
                DrillDocument.Outcome.UNSOUND, Condition.FAILING,
                DrillDocument.Outcome.UNPROVEN, Condition.ATTENTION);
        expected.forEach((outcome, condition) -> assertThat(DatabaseStatus.of(
                                "Sales",
                                true,
                                view(true, true, 0),
                                Set.of(),
                                List.of(LOG),
                                Set.of(),
                                Optional.of(Map.entry(outcome, NOW)),
                                Optional.empty(),
                                List.of(),
                                0,
                                NOW)
                        .condition())
                .as(outcome.text())
                .isEqualTo(condition));
    }

    @Test
    void aBackupThatWasFoundDamagedIsFailingAndNamed() {
        DatabaseStatus status = DatabaseStatus.of(
                "Sales",
                true,
                view(true, true, 0),
                Set.of(),
                List.of(LOG),
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                List.of(new VerificationView.Damaged("01JD8Z7QK4V3M9T2X5R6W8Y0ZA", NOW)),
                0,
                NOW);

        assertThat(status.condition()).isEqualTo(Condition.FAILING);
        assertThat(status.problems()).singleElement().asString().contains("01JD8Z7QK4V3M9T2X5R6W8Y0ZA");
    }

    @Test
    void pausedDrillsAreTold() {
        Pause pause = Pause.of(new PauseDocument(
                "1.0",
                "01J0000000000000000000000A",
                "test",
                new PauseDocument.Scope.Everything(),
                Set.of(PauseDocument.Work.DRILL),
                NOW,
                NOW.plusSeconds(60),
                "moving"));
        DatabaseStatus status = DatabaseStatus.of(
                "Sales",
                true,
                view(true, true, 0),
                Set.of(),
                List.of(LOG),
                Set.of(),
                Optional.empty(),
                Optional.of(pause),
                List.of(),
                0,
                NOW);

        assertThat(status.condition()).isEqualTo(Condition.ATTENTION);
        assertThat(status.problems())
                .containsExactly("Its restore drills are paused until 2026-03-01T10:01:00Z: moving.");
    }

    @Test
    void theWorstComeFirst() {
        DatabaseStatus failing = of(view(false, false, 0));
        DatabaseStatus odd = of(null);
        DatabaseStatus well = of(view(true, true, 0));

        assertThat(Stream.of(well, odd, failing).sorted(DatabaseStatus.WORST_FIRST))
                .containsExactly(failing, odd, well);
    }

    @Test
    void whatIsPausedIsNeitherLateNorWell() {
        Pause pause = Pause.of(new PauseDocument(
                "1.0",
                "01J0000000000000000000000A",
                "test",
                new PauseDocument.Scope.Everything(),
                Set.of(),
                NOW.minusSeconds(3600),
                NOW.plusSeconds(3600),
                "migration"));
        TypeStatus late = new TypeStatus(
                BackupType.LOG, null, NOW.minusSeconds(601), Optional.empty(), Optional.empty(), Optional.of(pause));
        DatabaseStatus status = status(true, view(true, true, 0), Set.of(), late, Set.of(), 0);

        assertThat(status.problems())
                .containsExactly("Its scheduled backups (log) are paused until 2026-03-01T11:00:00Z: migration.");
        assertThat(status.condition()).isEqualTo(Condition.ATTENTION);
    }
}
