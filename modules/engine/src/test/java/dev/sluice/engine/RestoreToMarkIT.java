package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.plan.Opening;
import dev.sluice.engine.plan.Opening.Broker;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.plan.RestorePlan.Step;
import dev.sluice.engine.plan.RestorePlan.Stop;
import dev.sluice.engine.restore.PlannedRestore;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.restore.RestoreOrder.Point;
import dev.sluice.engine.restore.RestoreScript;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Restores to marked transactions, and what SQL Server is told of the database that it opens.
@Timeout(180)
class RestoreToMarkIT {

    private static final String WORK = "EXEC sluice_workload @database = N'Sales', @transactions = 2, @seed = ";

    @TempDir
    Path directory;

    private RestoreBench bench;

    @BeforeEach
    void start() throws Exception {
        bench = RestoreBench.start(directory, 2 << 20);
        bench.backUp(BackupType.FULL, 1);
    }

    @AfterEach
    void stop() throws Exception {
        bench.close();
    }

    private void marked(String name, int seed) throws InterruptedException {
        bench.later(Duration.ofMinutes(1));
        bench.sql("BEGIN TRAN %s WITH MARK N'a release'; %s%d; COMMIT TRAN %s".formatted(name, WORK, seed, name));
        bench.later(Duration.ofMinutes(1));
    }

    private static RestoreOrder order(String as, Point point, Recovery recovery) {
        RestoreOrder plain = RestoreOrder.of("Sales", point).as(as);
        return new RestoreOrder(
                plain.database(),
                plain.point(),
                plain.as(),
                plain.moves(),
                plain.existing(),
                false,
                plain.choices(),
                recovery,
                false,
                List.of(),
                null);
    }

    private PlannedRestore planned(RestoreOrder order) {
        return bench.engine().plan(order).block(Installation.SOON);
    }

    private RestorePlan restored(RestoreOrder order) {
        PlannedRestore planned = planned(order);
        bench.engine().restore(planned.request(), RestoreObserver.SILENT).block(Installation.SOON);
        return planned.plan();
    }

    private RestorePlan restored(String as, String mark, boolean within, @Nullable String after) {
        return restored(order(as, new Point.Mark(mark, within, after), new Recovery.Recover()));
    }

    private String value(String sql) throws Exception {
        try (Connection connection = DriverManager.getConnection(
                        bench.installation.server.jdbcUrl(), "sa", bench.installation.password());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private static void fails(FailureId id, String text, Runnable what) {
        assertThatThrownBy(what::run).isInstanceOfSatisfying(OperationFailed.class, failure -> {
            assertThat(failure.id()).isEqualTo(id);
            assertThat(failure.what() + " " + failure.hint()).contains(text);
        });
    }

    @Test
    void aRestoreEndsWithTheMarkedTransactionOrBeforeIt() throws Exception {
        bench.work("Sales", 3, 1);
        bench.backUp(BackupType.LOG, 1);
        Map<Long, Long> before = bench.pages("Sales");
        marked("Release", 2);
        Map<Long, Long> after = bench.pages("Sales");
        bench.work("Sales", 3, 3);
        bench.backUp(BackupType.LOG, 1);
        bench.later(Duration.ofMinutes(1));
        bench.backUp(BackupType.LOG, 1);

        RestorePlan plan = restored("At", "Release", true, null);
        restored("Before", "Release", false, null);

        assertThat(bench.pages("At")).isEqualTo(after);
        assertThat(bench.pages("Before")).isEqualTo(before);
        // msdb tells which log has it, and RESTORE DATABASE takes no names.
        assertThat(plan.steps()).hasSize(3);
        assertThat(plan.steps().getFirst())
                .isInstanceOfSatisfying(
                        Step.Restore.class, step -> assertThat(step.stop()).isEqualTo(new Stop.Nowhere()));
        assertThat(plan.steps().getLast()).isInstanceOfSatisfying(Step.Restore.class, step -> {
            assertThat(step.stop())
                    .isInstanceOfSatisfying(
                            Stop.Mark.class, stop -> assertThat(stop.after()).isNotNull());
            assertThat(step.recovery()).isEqualTo(new Recovery.Recover());
        });
        assertThat(bench.engine()
                        .script(
                                planned(order("Other", new Point.Mark("Release", false, null), new Recovery.Recover()))
                                        .request(),
                                new RestoreScript.Source.Disk("/mnt"))
                        .block(Installation.SOON))
                .contains("STOPBEFOREMARK = N'Release' AFTER N'");
    }

    /// As in an availability group: one replica has made the first mark, another one the second.
    @Test
    void anEarlierMarkThatMsdbDoesNotKnowIsNotTakenForTheOneThatItKnows() throws Exception {
        marked("Release", 1);
        bench.sql("ALTER DATABASE [Sales] MODIFY NAME = [Sold]");
        bench.sql("BEGIN TRAN Release WITH MARK N'again'; %s%d; COMMIT TRAN Release"
                .formatted(WORK.replace("Sales", "Sold"), 2));
        Map<Long, Long> second = bench.pages("Sold");
        bench.later(Duration.ofMinutes(1));
        bench.backUp("Sold", BackupType.LOG, false, 1);

        restored(RestoreOrder.of("Sold", new Point.Mark("Release", true, null)).as("Copy"));

        assertThat(bench.pages("Copy")).isEqualTo(second);
    }

    @Test
    void marksOfOneNameAreToldApartByATime() throws Exception {
        marked("Nightly", 1);
        Instant noon = bench.now();
        marked("Nightly", 2);
        Map<Long, Long> second = bench.pages("Sales");
        bench.work("Sales", 2, 9);
        bench.backUp(BackupType.LOG, 1);

        fails(FailureId.USAGE, "--mark-after", () -> restored("Copy", "Nightly", true, null));
        restored("Copy", "Nightly", true, noon.toString());

        assertThat(bench.pages("Copy")).isEqualTo(second);
    }

    @Test
    void whereMsdbKnowsNoMarkSqlServerLooksForItFromATimeOn() throws Exception {
        bench.work("Sales", 2, 1);
        bench.backUp(BackupType.LOG, 1);
        bench.later(Duration.ofMinutes(1));
        Instant since = bench.now();
        bench.later(Duration.ofMinutes(1));
        bench.work("Sales", 2, 8);
        bench.backUp(BackupType.LOG, 1);
        marked("Release", 2);
        Map<Long, Long> then = bench.pages("Sales");
        bench.work("Sales", 2, 3);
        bench.backUp(BackupType.LOG, 1);
        bench.later(Duration.ofMinutes(1));
        bench.backUp(BackupType.LOG, 1);
        // On the server that the databases came to, the name is another one: what msdb has does not help.
        bench.sql("ALTER DATABASE [Sales] MODIFY NAME = [Sold]");
        RestoreOrder unknown =
                RestoreOrder.of("Sold", new Point.Mark("Release", true, null)).as("Copy");

        fails(FailureId.UNREACHABLE, "--mark-after", () -> planned(unknown));
        RestorePlan plan = restored(RestoreOrder.of("Sold", new Point.Mark("Release", true, since.toString()))
                .as("Copy"));

        assertThat(bench.pages("Copy")).isEqualTo(then);
        assertThat(plan.spare()).isNotEmpty();
        fails(
                FailureId.POINT_NOT_REACHED,
                "--continue",
                () -> restored(RestoreOrder.of("Sold", new Point.Mark("Never", true, since.toString()))
                        .as("Lost")));
        assertThat(value("SELECT state_desc FROM sys.databases WHERE name = 'Lost'"))
                .isEqualTo("RESTORING");
    }

    @Test
    void aMarkInTheTailIsReachedOnceTheTailIsSaved() throws Exception {
        bench.work("Sales", 2, 1);
        bench.backUp(BackupType.LOG, 1);
        marked("Release", 2);
        Point mark = new Point.Mark("Release", true, null);

        fails(FailureId.UNREACHABLE, "no log backup", () -> planned(order("Sales", mark, new Recovery.Recover())));
        PlannedRestore tail = planned(RestoreOrder.of("Sales", mark).as("Sales").savingTail());

        assertThat(tail.plan().findings())
                .anySatisfy(finding -> assertThat(finding.text()).contains("tail"));
    }

    /// Refused before the tail is saved: afterwards the database would be offline, and nothing restored.
    @Test
    void aTailIsNotSavedForARestoreThatCouldNotEnd() throws Exception {
        bench.work("Sales", 2, 1);
        bench.backUp(BackupType.LOG, 1);
        marked("Release", 2);
        RestoreOrder plain = RestoreOrder.of("Sales", new Point.Mark("Release", true, null))
                .as("Sales")
                .savingTail();
        RestoreOrder order = new RestoreOrder(
                plain.database(),
                plain.point(),
                plain.as(),
                plain.moves(),
                plain.existing(),
                plain.savesTail(),
                plain.choices(),
                new Recovery.Recover(new Opening(false, false, false, Broker.ENABLE_BROKER)),
                false,
                List.of(),
                null);

        fails(FailureId.USAGE, "ALTER DATABASE [Sales] SET ENABLE_BROKER", () -> planned(order));

        assertThat(value("SELECT state_desc FROM sys.databases WHERE name = 'Sales'"))
                .isEqualTo("ONLINE");
    }

    @Test
    void namesThatSqlServerWouldTakeForSomethingElseAreRefused() {
        fails(FailureId.USAGE, "an LSN to SQL Server", () -> restored("Copy", "lsn:39000000048800071", true, null));
        fails(FailureId.USAGE, "no name of a mark", () -> restored("Copy", "a\nGO\n", true, null));
        fails(FailureId.USAGE, "no name of a mark", () -> restored("Copy", "m".repeat(129), true, null));
    }

    @Test
    void aDatabaseIsOpenedAsSqlServerIsToldTo() throws Exception {
        bench.work("Sales", 2, 1);
        bench.backUp(BackupType.LOG, 1);
        Point end = new Point.At("end");

        restored(order("Plain", end, new Recovery.Recover()));
        restored(order("Told", end, new Recovery.Recover(new Opening(true, true, true, Broker.ENABLE_BROKER))));

        assertThat(value("SELECT user_access_desc FROM sys.databases WHERE name = 'Plain'"))
                .isEqualTo("MULTI_USER");
        assertThat(value("SELECT user_access_desc FROM sys.databases WHERE name = 'Told'"))
                .isEqualTo("RESTRICTED_USER");
        assertThat(value("SELECT is_broker_enabled FROM sys.databases WHERE name = 'Plain'"))
                .isEqualTo("0");
        assertThat(value("SELECT is_broker_enabled FROM sys.databases WHERE name = 'Told'"))
                .isEqualTo("1");
    }

    @Test
    void aPointThatSqlServerFindsTakesWhatRestoreLogTakes() throws Exception {
        marked("Release", 1);
        bench.backUp(BackupType.LOG, 1);
        Point mark = new Point.Mark("Release", true, null);

        fails(
                FailureId.USAGE,
                "ALTER DATABASE [Copy] SET NEW_BROKER",
                () -> planned(order(
                        "Copy", mark, new Recovery.Recover(new Opening(false, false, false, Broker.NEW_BROKER)))));
        restored(order("Copy", mark, new Recovery.Recover(new Opening(true, true, true, null))));

        assertThat(value("SELECT user_access_desc FROM sys.databases WHERE name = 'Copy'"))
                .isEqualTo("RESTRICTED_USER");
    }
}
