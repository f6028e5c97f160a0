package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.engine.selftest.ClientProcesses;
import dev.sluice.engine.selftest.OpenQuestion;
import dev.sluice.engine.selftest.QuestionAnswer;
import dev.sluice.engine.selftest.SelfTestObserver;
import dev.sluice.engine.selftest.SelfTestOrder;
import dev.sluice.engine.selftest.SelfTestReport;
import dev.sluice.engine.selftest.SelfTestStep;
import dev.sluice.engine.selftest.StepOutcome;
import dev.sluice.engine.selftest.VdiSurroundings;
import dev.sluice.engine.sql.ServerDatabases;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The self-test against the simulator: every step does what it says, what goes wrong is told by the step that
/// meets it, and nothing stays behind.
@Timeout(300)
class SelfTestIT {

    private static final SelfTestOrder SMALL = new SelfTestOrder(4 << 20, null, false);

    /// Both sides of virtual devices in one process, without a library.
    static final VdiSurroundings IN_PROCESS = new VdiSurroundings() {
        @Override
        public Map<String, String> facts() {
            return Map.of("library", "none: both sides are in this process");
        }

        @Override
        public Optional<String> timeoutUnit() {
            return Optional.empty();
        }

        @Override
        public Optional<String> symbols() {
            return Optional.empty();
        }

        @Override
        public boolean guardsCalls() {
            return false;
        }
    };

    private static final ClientProcesses NO_PROCESS = ClientProcesses.none("both sides are in this process");

    @TempDir
    Path directory;

    private Installation installation;
    private List<String> before;

    @BeforeEach
    void start() throws Exception {
        installation = Installation.start(directory, options -> options.withDatabase("Sales", 1 << 20));
        before = databases();
    }

    @AfterEach
    void stop() {
        installation.close();
    }

    private List<String> databases() {
        return new ServerDatabases(installation.engine.environment().server())
                .all().stream().map(Object::toString).toList();
    }

    private void nothingIsLeft() {
        assertThat(databases()).isEqualTo(before);
        assertThat(installation.keys()).isEmpty();
        assertThat(installation.uploads()).isEmpty();
        assertThat(installation.vdi.setCount()).isZero();
    }

    private SelfTestReport run(SelfTestOrder order, SelfTestObserver observer) throws Exception {
        return installation
                .engine
                .start(order, IN_PROCESS, NO_PROCESS, observer)
                .result()
                .get(4, TimeUnit.MINUTES);
    }

    @Test
    void everyStepPassesAndNothingIsLeft() throws Exception {
        SelfTestReport report = run(SMALL, SelfTestObserver.SILENT);

        assertThat(report.steps()).allSatisfy((step, outcome) -> {
            if (step == SelfTestStep.ENCRYPTION || step == SelfTestStep.DEATH) {
                assertThat(outcome).isInstanceOf(StepOutcome.Skipped.class);
            } else {
                assertThat(outcome).isInstanceOf(StepOutcome.Passed.class);
            }
        });
        assertThat(report.sound()).isTrue();
        assertThat(report.standIn()).isTrue();
        assertThat(report.sets())
                .isNotEmpty()
                .anySatisfy(set -> assertThat(set.devices()).hasSize(4));
        nothingIsLeft();
    }

    @Test
    void aStepThatFindsSomethingStopsOnlyThoseThatRestOnIt() throws Exception {
        installation.sql("EXEC sluice_fault @fault = 'fail', @value = 1048576, @statement = 'data'");

        SelfTestReport report = run(SMALL, SelfTestObserver.SILENT);

        assertThat(report.sound()).isFalse();
        assertThat(report.steps().get(SelfTestStep.FULL))
                .isInstanceOfSatisfying(
                        StepOutcome.Failed.class,
                        failed -> assertThat(failed.what()).contains("3043"));
        assertThat(report.steps().get(SelfTestStep.RESTORE))
                .isEqualTo(new StepOutcome.Skipped("it rests on the step full"));
        assertThat(report.steps().get(SelfTestStep.INSTANTS)).isInstanceOf(StepOutcome.Skipped.class);
        assertThat(report.steps().get(SelfTestStep.STRIPES)).isInstanceOf(StepOutcome.Passed.class);
        assertThat(report.steps().get(SelfTestStep.KILL)).isInstanceOf(StepOutcome.Passed.class);
        nothingIsLeft();
    }

    @Test
    void aCancelEndsTheStepAtHandAndRemovesEverything() throws Exception {
        List<SelfTestReport> reports = new CopyOnWriteArrayList<>();
        CompletableFuture<StartedRun<SelfTestReport>> running = new CompletableFuture<>();
        StartedRun<SelfTestReport> started =
                installation.engine.start(SMALL, IN_PROCESS, NO_PROCESS, new SelfTestObserver() {
                    @Override
                    public void began(SelfTestStep step) {
                        if (step == SelfTestStep.LOG) {
                            running.join().cancel();
                        }
                    }

                    @Override
                    public void report(SelfTestReport report) {
                        reports.add(report);
                    }
                });
        running.complete(started);

        SelfTestReport report = started.result().get(2, TimeUnit.MINUTES);

        assertThat(report.cancelled()).isTrue();
        assertThat(report.sound()).isFalse();
        assertThat(report.steps().get(SelfTestStep.RESTORE)).isInstanceOf(StepOutcome.Passed.class);
        assertThat(report.steps().get(SelfTestStep.LOG)).isInstanceOf(StepOutcome.Failed.class);
        assertThat(report.steps().get(SelfTestStep.KILL))
                .isEqualTo(new StepOutcome.Skipped("the self-test was cancelled before"));
        assertThat(report.steps().get(SelfTestStep.REMOVE)).isInstanceOf(StepOutcome.Passed.class);
        assertThat(reports).as("it is told after each step").hasSizeGreaterThan(10);
        assertThat(reports.getFirst().over()).isFalse();
        assertThat(reports.getLast()).isEqualTo(report);
        nothingIsLeft();
    }

    @Test
    void itEncryptsWithACertificateThatIsThereAndKeepsTheBackupsIfAskedTo() throws Exception {
        installation.sql("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Secret!1';"
                + " CREATE CERTIFICATE Backups WITH SUBJECT = 's'");

        SelfTestReport report = run(new SelfTestOrder(2 << 20, "Backups", true), SelfTestObserver.SILENT);

        assertThat(report.steps().get(SelfTestStep.ENCRYPTION)).isInstanceOf(StepOutcome.Passed.class);
        assertThat(databases()).isEqualTo(before);
        assertThat(installation.keys())
                .isNotEmpty()
                .allSatisfy(key -> assertThat(key).startsWith("test/self-test/" + report.id() + "/"));
        assertThat(installation.recover().leftovers()).isEmpty();
        assertThat(installation.keys()).isNotEmpty();
        assertThat(installation.engine.databases().block(Installation.SOON).names())
                .as("no real catalog knows of them")
                .isEmpty();
    }

    @Test
    void aMissingCertificateIsFound() throws Exception {
        SelfTestReport report = run(new SelfTestOrder(1 << 20, "Nowhere", false), SelfTestObserver.SILENT);

        assertThat(report.steps().get(SelfTestStep.ENCRYPTION))
                .isInstanceOfSatisfying(
                        StepOutcome.Failed.class,
                        failed -> assertThat(failed.what()).contains("15151"));
        assertThat(SelfTestStep.values())
                .filteredOn(step -> report.steps().get(step) instanceof StepOutcome.Failed)
                .containsExactly(SelfTestStep.ENCRYPTION);
        nothingIsLeft();
    }

    @Test
    void answersComeFromWhatWasSeen() throws Exception {
        SelfTestReport report = run(new SelfTestOrder(1 << 20, null, false), SelfTestObserver.SILENT);

        assertThat(report.answers().keySet()).containsExactlyInAnyOrder(OpenQuestion.values());
        assertThat(report.answers().get(OpenQuestion.Q14))
                .isEqualTo(new QuestionAnswer.NotReached("not asked, because both sides are in this process"));
        assertThat(report.answers().get(OpenQuestion.FORK_POINT).text()).contains("last_lsn");
        assertThat(report.answers().get(OpenQuestion.CHECKDB_MESSAGES).text())
                .contains("with NO_INFOMSGS: no message")
                .contains("8989", "2528");
        assertThat(report.answers().get(OpenQuestion.STOP_AT_LSN).text())
                .contains("stop_at NULL", "stop_at_mark_name not NULL");
    }

    @Test
    void thereIsOneAtATime() throws Exception {
        CompletableFuture<Void> reached = new CompletableFuture<>();
        StartedRun<SelfTestReport> first =
                installation.engine.start(SMALL, IN_PROCESS, NO_PROCESS, new SelfTestObserver() {
                    @Override
                    public void began(SelfTestStep step) {
                        reached.complete(null);
                    }
                });
        reached.get(1, TimeUnit.MINUTES);

        assertThatThrownBy(() -> run(SMALL, SelfTestObserver.SILENT))
                .cause()
                .isInstanceOfSatisfying(
                        OperationFailed.class, busy -> assertThat(busy.id()).isEqualTo(FailureId.BUSY));

        first.cancel();
        first.result().get(2, TimeUnit.MINUTES);
        nothingIsLeft();
    }
}
