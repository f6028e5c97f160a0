package dev.sluice.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.sql.ServerDatabases.Listed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// Which databases are taken, and how far a failure reaches. What a good backup comes to is in `SeveralBackupsIT`.
class SeveralBackupsTest {

    private static final List<Listed> SERVER = List.of(
            new Listed("Sales", true, false),
            new Listed("sales", true, false),
            new Listed("Archive", true, true),
            new Listed("master", true, true),
            new Listed("Standby", false, false));

    private final List<String> begun = new ArrayList<>();
    private final List<BackupsReport.Outcome> told = new ArrayList<>();

    private static DatabaseSelection everything(String... named) {
        return new DatabaseSelection(_ -> true, Set.of(named));
    }

    @Test
    void databasesComeInTheOrderOfTheirNamesAndWhatCannotBeBackedUpIsLeftOut() {
        DatabaseSelection.Chosen chosen = everything().from(SERVER, BackupType.LOG);

        assertThat(chosen.chosen()).containsExactly("Sales", "sales");
        assertThat(chosen.leftOut())
                .containsExactly(
                        new BackupsReport.LeftOut("Archive", "its recovery model is SIMPLE"),
                        new BackupsReport.LeftOut("Standby", "it is not ONLINE"),
                        new BackupsReport.LeftOut("master", "SQL Server takes only full backups of it"));
        assertThat(everything().from(SERVER, BackupType.FULL).chosen())
                .containsExactly("Archive", "master", "Sales", "sales");
    }

    @Test
    void aNameThatIsWrittenOutIsNotLeftOut() {
        DatabaseSelection.Chosen chosen =
                everything("STANDBY", "archive", "Nowhere").from(SERVER, BackupType.LOG);

        assertThat(chosen.chosen()).containsExactly("Archive", "Nowhere", "Sales", "sales", "Standby");
    }

    @Test
    void noDatabaseIsAFailure() {
        DatabaseSelection none = new DatabaseSelection(_ -> false, Set.of());

        assertThatThrownBy(() -> none.from(SERVER, BackupType.FULL))
                .isInstanceOf(OperationFailed.class)
                .extracting(e -> ((OperationFailed) e).id())
                .isEqualTo(FailureId.NO_SUCH_DATABASE);
    }

    @Test
    void aFailureOfOneDatabaseIsNoneOfTheOthers() {
        BackupsReport report =
                take(Map.of("A", FailureId.STALLED, "B", FailureId.STALLED, "C", FailureId.DATABASE_NOT_ONLINE));

        assertThat(begun).containsExactly("A", "B", "C");
        assertThat(report.failed()).extracting(BackupsReport.Failed::database).containsExactly("A", "B", "C");
        assertThat(told).isEqualTo(report.outcomes());
    }

    @Test
    void theOthersAreNotTriedWhenTwoInARowFailForAReasonThatIsNotTheirs() {
        BackupsReport report = take(Map.of(
                "A",
                FailureId.STORE_FAILED,
                "B",
                FailureId.SQL_SERVER_UNAVAILABLE,
                "C",
                FailureId.STORE_FAILED,
                "D",
                FailureId.STORE_FAILED,
                "E",
                FailureId.STALLED,
                "F",
                FailureId.STALLED));

        assertThat(begun).containsExactly("A", "B", "C", "D");
        assertThat(report.notTried())
                .extracting(BackupsReport.NotTried::database)
                .containsExactly("E", "F");
        assertThat(told).isEqualTo(report.outcomes());
    }

    @Test
    void aCancelBeginsNothingMore() {
        BackupsReport report = new SeveralBackups(
                        new DatabaseSelection.Chosen(List.of("A", "B"), List.of()),
                        database -> BackupRequest.of(database, BackupType.FULL),
                        new BackupsObserver() {})
                .take((request, _) -> {
                    begun.add(request.database());
                    return Mono.error(new CancellationException());
                })
                .block(Duration.ofSeconds(10));

        assertThat(begun).containsExactly("A");
        assertThat(report.notTried())
                .extracting(BackupsReport.NotTried::database)
                .containsExactly("B");
    }

    private BackupsReport take(Map<String, FailureId> failures) {
        BackupsObserver observer = new BackupsObserver() {
            @Override
            public RunObserver begins(String database) {
                begun.add(database);
                return RunObserver.SILENT;
            }

            @Override
            public void ended(BackupsReport.Outcome outcome) {
                told.add(outcome);
            }
        };
        List<String> databases = failures.keySet().stream().sorted().toList();
        return new SeveralBackups(
                        new DatabaseSelection.Chosen(
                                databases, List.of(new BackupsReport.LeftOut("Z", "it is not ONLINE"))),
                        database -> BackupRequest.of(database, BackupType.FULL),
                        observer)
                .take((request, _) ->
                        Mono.error(new OperationFailed(failures.get(request.database()), "What", "where", null)))
                .block(Duration.ofSeconds(10));
    }
}
