package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.engine.run.TransferOptions;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.S3Store;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.simulator.server.StatementOutcome;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.FaultyProxy.Script;
import dev.sluice.testsupport.Relay;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Whoever ends a backup, at each of its steps: before the point of no return nothing is left of it, and from
/// there on it is as if nobody had tried.
///
/// `-Dsluice.long=true` takes every step with every type and everybody who can end one. Ctrl-C, which asks for
/// the same as the shutdown here, is sent to real processes in [CrashIT] and [ProgramIT].
@Timeout(1800)
class CancelStepsIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final boolean LONG = Boolean.getBoolean("sluice.long");

    /// Who ends it.
    enum Who {
        SUBSCRIBER,
        SHUTDOWN,
        /// `KILL` of the session that runs BACKUP.
        KILL,
        /// S3 answers nothing any more, and again when the backup is over.
        DEAD_ENDPOINT
    }

    @TempDir
    static Path directory;

    private static final InProcessVdi VDI = new InProcessVdi();

    private static EmbeddedS3 s3;
    private static FaultyProxy proxy;
    private static SimulatedServer server;
    private static Relay link;
    private static String password;
    private static S3Store store;
    private static MemoryBudget budget;
    private static Environment environment;
    private static int seeds = 1;

    @BeforeAll
    static void start() throws Exception {
        s3 = EmbeddedS3.start(directory.resolve("s3"), "sluice");
        proxy = new FaultyProxy(s3.endpoint());
        ServerOptions options = ServerOptions.of(VDI).withDatabase("Sales", BackupProcess.LARGE);
        password = options.password();
        server = SimulatedServer.start(options);
        link = Relay.to(server.port());
        store = S3Store.open(BackupProcess.store(proxy.endpoint(), s3.accessKeyId(), s3.secretAccessKey()));
        budget = MemoryBudget.of(64L << 20);
        environment = new Environment(
                BackupProcess.IDENTITY,
                new SqlServer(server.jdbcUrl().replace(":" + server.port(), ":" + link.port()), "sa", password),
                VDI::newClientSet,
                store,
                new Catalog(store, new Keys(BackupProcess.IDENTITY)),
                budget,
                new TransferOptions(256 << 10, 4),
                BackupProcess.SMALL_PARTS,
                "test");
        new Engine(environment)
                .backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                .block(PATIENTLY);
    }

    @AfterAll
    static void stop() throws Exception {
        store.close();
        budget.close();
        link.close();
        server.close();
        proxy.close();
        s3.close();
    }

    static Stream<Arguments> cases() {
        Set<BackupStep> few = EnumSet.of(
                BackupStep.OBJECT_SENT_UNHEARD,
                BackupStep.PART_SENT_UNHEARD,
                BackupStep.NOT_YET_DESCRIBED,
                BackupStep.DESCRIBED_UNHEARD,
                BackupStep.ENTRY_NOT_YET_WRITTEN);
        return Stream.of(BackupType.LOG, BackupType.FULL, BackupType.DIFFERENTIAL)
                .flatMap(type -> Arrays.stream(Who.values())
                        .flatMap(who -> Arrays.stream(BackupStep.values())
                                .filter(step -> isPossible(who, step) && step.isIn(type == BackupType.FULL))
                                .filter(step -> LONG
                                        || type == BackupType.LOG
                                        || (type == BackupType.FULL && step.isOfUpload()))
                                .filter(step -> LONG || who == Who.SUBSCRIBER || few.contains(step))
                                .map(step -> Arguments.of(type, who, step))));
    }

    /// BACKUP has not begun when the first document is written, and has ended when its verdict is on its way.
    private static boolean isPossible(Who who, BackupStep step) {
        return who != Who.KILL || (step.compareTo(BackupStep.PENDING_WRITTEN_UNHEARD) > 0 && !step.isLate());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void nothingIsLeftBeforeThePointOfNoReturnAndNothingIsLostBehindIt(BackupType type, Who who, BackupStep step)
            throws Exception {
        sql("EXEC sluice_workload @database = N'Sales', @transactions = 10, @seed = %d".formatted(seeds++));
        List<String> before = keys();
        int outcomes = server.outcomes().size();
        Engine engine = new Engine(environment);
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch started = new CountDownLatch(1);
        StartedRun<BackupResult>[] run = one();
        proxy.follow(step.trap(() -> {
            reached.countDown();
            if (step == BackupStep.VERDICT_UNHEARD) {
                link.hold();
                return false;
            }
            awaitLatch(started);
            return end(who, engine, run[0], outcomes, step);
        }));

        run[0] = engine.start(BackupRequest.of("Sales", type), RunObserver.SILENT);
        started.countDown();
        assertThat(reached.await(PATIENTLY.toSeconds(), TimeUnit.SECONDS)).isTrue();
        try {
            if (step == BackupStep.VERDICT_UNHEARD) {
                await().atMost(PATIENTLY).until(() -> server.outcomes().size() > outcomes);
                end(who, engine, run[0], outcomes, step);
            }
        } finally {
            link.release();
        }
        Optional<BackupResult> result = run[0].result()
                .handle((value, _) -> Optional.ofNullable(value))
                .get(PATIENTLY.toSeconds(), TimeUnit.SECONDS);
        engine.shutdown().block(PATIENTLY);
        proxy.follow(Script.passing());

        String story = "%s%n%s"
                .formatted(
                        result,
                        server.outcomes().subList(outcomes, server.outcomes().size()));
        assertThat(VDI.setCount()).as(story).isZero();
        assertThat(budget.inUse()).as(story).isZero();
        assertThat(good(outcomes)).as(story).isEqualTo(step.isLate());
        if (who == Who.DEAD_ENDPOINT) {
            s3.restart();
            // A bucket that is gone can be tidied up only later. As a rule the sidecar's next start can do it; but a
            // differential leaves no trace on the server, so only the process that has heard SQL Server's error can
            // tell that one which was described came to nothing.
            boolean needsMemory = type == BackupType.DIFFERENTIAL && step == BackupStep.DESCRIBED_UNHEARD;
            (needsMemory ? engine : new Engine(environment)).recover().block(PATIENTLY);
        } else {
            assertThat(result.isPresent()).as(story).isEqualTo(step.isLate());
        }
        assertThat(keys())
                .as(story)
                .hasSize(before.size() + (step.isLate() ? 2 : 0))
                .containsAll(before);
        assertThat(environment.catalog().pendings().collectList().block(PATIENTLY))
                .as(story)
                .isEmpty();
        assertThat(store.uploads("").collectList().block(PATIENTLY)).as(story).isEmpty();
        Set<String> devices = Set.copyOf(environment
                .catalog()
                .list("Sales")
                .concatMap(environment.catalog()::read)
                .map(BackupDocument::deviceSet)
                .collectList()
                .block(PATIENTLY));
        assertThat(server.lostLogRecords("Sales", devices::contains)).as(story).isZero();
    }

    @SuppressWarnings("unchecked")
    private static StartedRun<BackupResult>[] one() {
        return (StartedRun<BackupResult>[]) new StartedRun<?>[1];
    }

    /// @return whether the request's connection is to be cut
    private static boolean end(Who who, Engine engine, StartedRun<BackupResult> run, int outcomes, BackupStep step) {
        switch (who) {
            case SUBSCRIBER -> run.cancel();
            case SHUTDOWN -> engine.shutdown().subscribe();
            case KILL -> kill();
            case DEAD_ENDPOINT -> s3.stop();
        }
        if ((who == Who.SUBSCRIBER || who == Who.SHUTDOWN) && !step.isLate()) {
            // It has been heard when SQL Server's statement has ended; before the first upload there is none.
            boolean begun = step.compareTo(BackupStep.PENDING_WRITTEN_UNHEARD) > 0;
            long until = System.nanoTime() + Duration.ofSeconds(begun ? 60 : 1).toNanos();
            while (server.outcomes().size() == outcomes && System.nanoTime() < until) {
                LockSupport.parkNanos(1_000_000);
            }
        }
        return who == Who.DEAD_ENDPOINT;
    }

    private static boolean good(int outcomes) {
        return server.outcomes().stream().skip(outcomes).anyMatch(StatementOutcome::success);
    }

    private static List<String> keys() {
        return store.list("").map(object -> object.key()).collectList().block(PATIENTLY);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENTLY.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void kill() {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), "sa", password);
                Statement statement = connection.createStatement()) {
            int session;
            try (ResultSet rows = statement.executeQuery(
                    "SELECT session_id FROM sys.dm_exec_requests WHERE command LIKE N'BACKUP%'")) {
                assertThat(rows.next()).isTrue();
                session = rows.getInt(1);
            }
            statement.execute("KILL " + session);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static void sql(String statement) {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), "sa", password);
                Statement batch = connection.createStatement()) {
            batch.execute(statement);
        } catch (SQLException e) {
            throw new AssertionError(statement, e);
        }
    }
}
