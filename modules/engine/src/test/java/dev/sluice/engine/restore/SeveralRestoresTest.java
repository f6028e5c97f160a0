package dev.sluice.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.engine.backup.DatabaseSelection;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.plan.ServerTime;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.test.StepVerifier;

/// Which databases are restored, how many at the same time, and how far a failure reaches. Whole restores are in
/// `SeveralRestoresIT`.
class SeveralRestoresTest {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final RestoreOrder EACH = RestoreOrder.of("*", new RestoreOrder.Point.At("end"));
    private static final RestoreCheck MET = new RestoreCheck(List.of(), List.of());

    private final List<String> begun = new ArrayList<>();
    private final List<RestoresReport.Outcome> told = new ArrayList<>();
    private final RestoresObserver observer = new RestoresObserver() {
        @Override
        public RestoreObserver begins(String database) {
            begun.add(database);
            return RestoreObserver.SILENT;
        }

        @Override
        public void ended(RestoresReport.Outcome outcome) {
            told.add(outcome);
        }
    };

    private static DatabaseSelection everything(String... named) {
        return new DatabaseSelection(_ -> true, Set.of(named));
    }

    private static OperationFailed failure(FailureId id) {
        return new OperationFailed(id, "What", "where", null);
    }

    private static PlannedRestore planned(RestoreOrder order) {
        return new PlannedRestore(
                order,
                new Inventory(
                        order.database(),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        ServerTime.stated(ZoneOffset.UTC),
                        List.of()),
                new RestorePlan(new RestoreTarget.End(), List.of(), List.of(), List.of()));
    }

    private static RestoresPlan possible(String... databases) {
        return new RestoresPlan(List.of(databases).stream()
                .<RestoresPlan.Prospect>map(name -> RestoresPlan.Possible.of(planned(EACH.of(name))))
                .toList());
    }

    private static RestoreResult restored(RestoreOrder order) {
        return new RestoreResult(order.database(), 1, 1, 1, "ONLINE");
    }

    @Test
    void theBucketsDatabasesAreMeantAndThoseThatAreWrittenOut() {
        assertThat(SeveralRestores.chosen(
                        Set.of("Ware", "Sales", "master"),
                        new DatabaseSelection(name -> !name.equals("Ware"), Set.of("SALES", "Nowhere"))))
                .containsExactly("master", "Nowhere", "Sales");
        assertThat(SeveralRestores.chosen(Set.of("Sales", "sales"), everything("SALES")))
                .as("of a server that tells upper and lower case apart")
                .containsExactly("Sales", "sales");
        DatabaseSelection none = new DatabaseSelection(_ -> false, Set.of());
        assertThatThrownBy(() -> SeveralRestores.chosen(Set.of("Sales"), none))
                .isInstanceOfSatisfying(
                        OperationFailed.class, e -> assertThat(e.id()).isEqualTo(FailureId.NO_SUCH_BACKUP));
    }

    @Test
    void thePlanHasEveryDatabaseWithWhatCanBecomeOfIt() {
        RestoresPlan plan = SeveralRestores.plan(
                        List.of("A", "B", "master", "msdb"),
                        everything("MSDB"),
                        EACH,
                        order -> order.database().equals("A")
                                ? Mono.error(failure(FailureId.UNREACHABLE))
                                : Mono.just(planned(order)),
                        planned -> Mono.just(
                                planned.database().equals("msdb")
                                        ? new RestoreCheck(
                                                List.of(new Precondition(
                                                        "target-database",
                                                        Precondition.State.UNMET,
                                                        "it is there",
                                                        "",
                                                        FailureId.DATABASE_EXISTS,
                                                        "database msdb",
                                                        List.of())),
                                                List.of())
                                        : MET))
                .block(SOON);

        assertThat(plan.databases())
                .extracting(RestoresPlan.Prospect::database)
                .containsExactly("A", "B", "master", "msdb");
        assertThat(plan.possible()).extracting(RestoresPlan.Possible::database).containsExactly("B");
        assertThat(plan.impossible())
                .extracting(one -> one.failure().id())
                .containsExactly(FailureId.UNREACHABLE, FailureId.DATABASE_EXISTS);
        assertThat(plan.leftOut()).extracting(RestoresPlan.LeftOut::database).containsExactly("master");
    }

    @Test
    void soManyAreUnderWayAtTheSameTime() {
        Map<String, MonoSink<RestoreResult>> running = new ConcurrentHashMap<>();

        StepVerifier.create(SeveralRestores.restore(
                        possible("A", "B", "C"),
                        2,
                        observer,
                        (planned, _) -> Mono.create(sink -> running.put(planned.database(), sink))))
                .then(() -> assertThat(begun).containsExactly("A", "B"))
                .then(() -> running.get("B").success(restored(EACH.of("B"))))
                .then(() -> assertThat(begun).containsExactly("A", "B", "C"))
                .then(() -> running.get("C").error(failure(FailureId.CORRUPT_BLOCK)))
                .then(() -> running.get("A").success(restored(EACH.of("A"))))
                .assertNext(report -> {
                    assertThat(report.outcomes())
                            .extracting(RestoresReport.Outcome::database)
                            .containsExactly("B", "C", "A");
                    assertThat(report.failed())
                            .extracting(RestoresReport.Failed::database)
                            .containsExactly("C");
                    assertThat(told).isEqualTo(report.outcomes());
                })
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void aCancelReachesThoseThatAreUnderWayAndBeginsNoOther() {
        List<String> cancelled = new ArrayList<>();

        StepVerifier.create(SeveralRestores.restore(
                        possible("A", "B", "C"),
                        2,
                        observer,
                        (planned, _) ->
                                Mono.<RestoreResult>never().doOnCancel(() -> cancelled.add(planned.database()))))
                .thenAwait(Duration.ofMillis(1))
                .thenCancel()
                .verify(SOON);

        assertThat(cancelled).containsExactlyInAnyOrder("A", "B");
        assertThat(begun).containsExactly("A", "B");
    }

    @Test
    void theOthersAreNotTriedWhenTwoInARowFailForOneReasonThatIsNotTheirs() {
        Map<String, FailureId> failures = Map.of(
                "A", FailureId.STORE_FAILED,
                "B", FailureId.CORRUPT_BLOCK,
                "C", FailureId.STORE_FAILED,
                "D", FailureId.STORE_FAILED);

        RestoresReport report = restore(failures, "A", "B", "C", "D", "E", "F");

        assertThat(begun).containsExactly("A", "B", "C", "D");
        assertThat(report.notTried())
                .extracting(RestoresReport.NotTried::database)
                .containsExactly("E", "F");
        assertThat(told).isEqualTo(report.outcomes());
    }

    @Test
    void aRestoreThatWasCancelledBeginsNoOther() {
        RestoresReport report = SeveralRestores.restore(
                        possible("A", "B"), 1, observer, (_, _) -> Mono.error(new CancellationException()))
                .block(SOON);

        assertThat(begun).containsExactly("A");
        assertThat(report.notTried())
                .extracting(RestoresReport.NotTried::database)
                .containsExactly("B");
    }

    private RestoresReport restore(Map<String, FailureId> failures, String... databases) {
        return SeveralRestores.restore(possible(databases), 1, observer, (planned, _) -> {
                    FailureId id = failures.get(planned.database());
                    return id == null ? Mono.just(restored(planned)) : Mono.error(failure(id));
                })
                .block(SOON);
    }
}
