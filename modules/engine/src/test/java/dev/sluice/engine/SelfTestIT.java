package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The self-test against the simulator: every step does what it says, what goes wrong is told by the step that meets
/// it, and
/// nothing stays behind.
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
        return installation.engine.start(order, IN_PROCESS, observer).result().get(4, TimeUnit.MINUTES);
    }

    @Test
    void everyStepPassesAndNothingIsLeft() throws Exception {
        SelfTestReport report = run(SMALL, SelfTestObserver.SILENT);

        assertThat(report.steps()).allSatisfy((step, outcome) -> {
            if (step == SelfTestStep.ENCRYPTION) {
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
}
