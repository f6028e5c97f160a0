package dev.sluice.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.engine.Engine;
import dev.sluice.engine.Installation;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.run.DeviceWork;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.mtf.inspect.StreamInspector;
import dev.sluice.simulator.server.Fault;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import dev.sluice.vdi.reactor.DeviceSet;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// One statement and its devices, when the server stands still or the library fails: there is always a verdict.
@Timeout(180)
class DeviceWorkIT {

    private static final DeviceWork.Waits SHORT = new DeviceWork.Waits(
            Duration.ofMillis(200), Duration.ofMillis(200), Duration.ofSeconds(30), Duration.ofMillis(200));

    private static final String BACKUP = "BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'devices'";

    private static final CommitPoint.Flushed FLUSHED =
            new CommitPoint.Flushed(List.of(), StreamInspector.structureOnly().report());

    @TempDir
    Path directory;

    private Installation installation;

    @BeforeEach
    void start() throws Exception {
        installation = Installation.start(directory, o -> o.withDatabase("Sales", 4 << 20));
    }

    @AfterEach
    void leavesNothingBehind() {
        try {
            await().atMost(Installation.SOON).until(() -> installation.vdi.setCount() == 0);
        } finally {
            installation.close();
        }
    }

    /// The library, of whose calls these fail: Close when it is done, any other before it does anything.
    private Supplier<ClientVirtualDeviceSet> failing(String... calls) {
        Set<String> failing = Set.of(calls);
        return () -> {
            ClientVirtualDeviceSet set = installation.vdi.newClientSet();
            return (ClientVirtualDeviceSet) Proxy.newProxyInstance(
                    getClass().getClassLoader(),
                    new Class<?>[] {ClientVirtualDeviceSet.class},
                    (_, method, arguments) -> {
                        boolean fails = failing.contains(method.getName());
                        if (fails && !method.getName().equals("close")) {
                            throw new VirtualDeviceException(VdError.UNEXPECTED, method.getName());
                        }
                        try {
                            Object result = method.invoke(set, arguments);
                            if (fails) {
                                throw new VirtualDeviceException(VdError.BUSY, method.getName());
                            }
                            return result;
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        };
    }

    private static DeviceSet create(Supplier<ClientVirtualDeviceSet> sets) {
        return DeviceSet.create(sets, List.of("devices"), VDConfig.request(1, Features.LIKE_PIPE))
                .block(Installation.SOON);
    }

    private RunningStatement start(String sql) {
        return RunningStatement.start(
                installation.engine.environment().server().connect(), "sluice-tsql-test", sql, _ -> {});
    }

    private Engine engine(Supplier<ClientVirtualDeviceSet> sets) {
        Environment env = installation.engine.environment();
        return new Engine(
                new Environment(
                        env.identity(),
                        env.server(),
                        sets,
                        env.store(),
                        env.catalog(),
                        env.budget(),
                        env.transfer(),
                        env.version()),
                SHORT);
    }

    // ---- a library that fails ----

    @Test
    void theVerdictCountsAlsoWhenTheSetCannotBeClosed() {
        DeviceSet set = create(failing("close"));
        RunningStatement statement = start("BACKUP DATABASE [Nobody] TO VIRTUAL_DEVICE = N'devices'");

        Verdict verdict = new DeviceWork(set, SHORT).await(statement, List.of(new CompletableFuture<>()), () -> true);

        assertThat(verdict).isInstanceOf(Verdict.Bad.class);
        assertThatThrownBy(() -> set.close().block(Installation.SOON)).isInstanceOf(VirtualDeviceException.class);
    }

    @Test
    void aBackupAndARestoreAreDoneAlsoWhenTheirSetsCannotBeClosed() {
        Engine engine = engine(failing("close"));

        BackupResult backup = engine.backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                .block(Installation.SOON);
        engine.restore(RestoreRequest.of(backup.document(), "Copy", false, true), RestoreObserver.SILENT)
                .block(Installation.SOON);

        assertThat(installation.server.compare("Sales", "Copy")).isEmpty();
    }

    @Test
    void aCancelReachesSqlServerAlsoWhenTheDevicesCannotBeAborted() {
        installation.server.faults().next(new Fault.StallsAfter(1 << 20));
        Engine engine = engine(failing("signalAbort"));
        Disposable backup = engine.backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                .subscribe(_ -> {}, _ -> {});
        await().atMost(Installation.SOON)
                .until(() -> installation.server.faults().isStalling());

        backup.dispose();
        engine.idle().block(Installation.SOON);

        assertThat(installation.keys()).isEmpty();
        assertThat(installation.uploads()).isEmpty();
        installation.backup("Sales", 1);
    }

    @Test
    void aSetThatCannotBeOpenedIsAFailureAndItsStatementIsNotWaitedForForEver() {
        DeviceSet set = create(failing("openDevice", "signalAbort"));
        RunningStatement statement = start(BACKUP);
        DeviceWork work = new DeviceWork(set, SHORT);

        assertThat(work.open(statement)).isNull();
        CompletableFuture<Verdict> verdict =
                CompletableFuture.supplyAsync(() -> work.await(statement, List.of(), () -> true));

        assertThat(verdict)
                .succeedsWithin(Installation.SOON)
                .satisfies(ended -> assertThat(ended.messages()).noneMatch(message -> message.number() == 3014));
        assertThat(work.failure()).isInstanceOf(VirtualDeviceException.class).hasMessageContaining("openDevice");
        set.close().block(Installation.SOON);
    }

    @Test
    void whyTheSetCouldNotBeOpenedIsToldBehindSqlServersWords() {
        CompletableFuture<BackupResult> backup = engine(failing("openDevice"))
                .backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                .toFuture();

        assertThat(backup)
                .failsWithin(Installation.SOON)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(OperationFailed.class)
                .withMessageMatching("(?s).*3013.*caused by: openDevice failed with VD_E_UNEXPECTED.*");
        assertThat(installation.keys()).isEmpty();
    }

    // ---- a cancel that comes too late ----

    /// Everything was durable, and SQL Server was told so: it does that more than once when there is FILESTREAM data.
    private static CommitPoint passed() {
        CommitPoint point = new CommitPoint(1, _ -> Mono.empty());
        point.durable(0, FLUSHED).block(Installation.SOON);
        return point;
    }

    /// Says when a cancel has been refused.
    private record Asked(CommitPoint point, CountDownLatch refused) implements DeviceWork.Consent {
        @Override
        public boolean cancel() {
            boolean consents = point.cancel();
            refused.countDown();
            return consents;
        }

        @Override
        public CompletableFuture<Void> reopened() {
            return point.reopened();
        }
    }

    /// A server that stands still, and a run that was cancelled too late.
    private CompletableFuture<Verdict> cancelledTooLate(CommitPoint point, DeviceSet set, DeviceWork work)
            throws InterruptedException {
        installation.server.faults().next(new Fault.NeverOpens());
        RunningStatement statement = start(BACKUP);
        Asked asked = new Asked(point, new CountDownLatch(1));
        CompletableFuture<Verdict> verdict = CompletableFuture.supplyAsync(() -> {
            try {
                return work.await(statement, List.of(), asked);
            } finally {
                set.close().block(Installation.SOON);
            }
        });
        work.cancel();
        assertThat(asked.refused.await(1, TimeUnit.MINUTES)).isTrue();
        assertThat(point.passed()).isTrue();
        assertThat(verdict).isNotDone();
        return verdict;
    }

    @Test
    void aCancelThatCameTooLateAbortsWithTheNextWrite() throws Exception {
        CommitPoint point = passed();
        DeviceSet set = create(installation.vdi::newClientSet);
        CompletableFuture<Verdict> verdict = cancelledTooLate(point, set, new DeviceWork(set, SHORT));

        point.writing(0);

        assertThat(verdict)
                .succeedsWithin(Installation.SOON)
                .satisfies(ended -> assertThat(ended.messages()).noneMatch(message -> message.number() == 3014));
        assertThat(point.cancel()).isTrue();
    }

    @Test
    void aFailureBehindACancelThatCameTooLateIsHeard() throws Exception {
        DeviceSet set = create(installation.vdi::newClientSet);
        DeviceWork work = new DeviceWork(set, SHORT);
        CompletableFuture<Verdict> verdict = cancelledTooLate(passed(), set, work);

        work.fail(new IllegalStateException("a stripe broke"));

        assertThat(verdict).succeedsWithin(Installation.SOON);
    }
}
