package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.jna.NativeLibrary;
import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.recovery.RecoveryReport;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.S3Store;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults.History;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.simulator.server.StatementOutcome;
import dev.sluice.simulator.transfer.MediaBehavior;
import dev.sluice.simulator.vdi.CrossProcessVdi;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.FaultyProxy.Script;
import dev.sluice.testsupport.Relay;
import dev.sluice.vdi.inprocess.VdiBehavior;
import dev.sluice.vdi.jna.LinuxVdi;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// `kill -9` of the sidecar at each step of a backup, then `recover`: what SQL Server relies on is in the
/// catalog, or listed as unconfirmed, and whole; what it has called bad is gone.
///
/// The steps are requests of the sidecar's: a proxy in front of S3 kills it before the n-th of a kind arrives,
/// or when it is done and the answer is on its way. `-Dsluice.long=true` takes every step with every type and
/// every fault, and restores after each; `-Dsluice.crash.rounds=100` takes so many random moments, and
/// `-Dsluice.seed=N` repeats them.
@Timeout(3600)
class CrashIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final boolean LONG = Boolean.getBoolean("sluice.long");
    private static final int ROUNDS = Integer.getInteger("sluice.crash.rounds", 3);
    private static final List<BackupType> TYPES = List.of(BackupType.LOG, BackupType.FULL, BackupType.DIFFERENTIAL);

    /// Crashes from one full backup that nobody kills to the next, so that chains stay short.
    private static final int CHAIN = 10;

    private static final Pattern PENDING = Pattern.compile("/pending/([0-9A-Z]{26})\\.json");

    @TempDir
    static Path directory;

    private static Path vdiDirectory;
    private static EmbeddedS3 s3;
    private static FaultyProxy proxy;
    private static SimulatedServer server;
    private static Relay link;
    private static S3Store store;
    private static MemoryBudget budget;
    private static Engine engine;
    private static String password;
    private static Path library;
    private static int seeds = 1;
    private static int copies;

    @BeforeAll
    static void start() throws Exception {
        library = Path.of(System.getProperty("sluice.native.dir", "../simulator/target/native"), "libsqlvdi.so")
                .toAbsolutePath()
                .normalize();
        if (!Boolean.getBoolean("sluice.require.native")) {
            Assumptions.assumeTrue(Files.exists(library), () -> library + " was not built: no g++ and make");
        }
        vdiDirectory = Files.createTempDirectory(Path.of("/dev/shm"), "sc");
        NativeLibrary.getInstance("c")
                .getFunction("setenv")
                .invokeInt(new Object[] {CrossProcessVdi.DIRECTORY_VARIABLE, vdiDirectory.toString(), 1});
        s3 = EmbeddedS3.start(directory.resolve("s3"), "sluice");
        proxy = new FaultyProxy(s3.endpoint());
        CrossProcessVdi vdi = new CrossProcessVdi(vdiDirectory, VdiBehavior.DEFAULT);
        ServerOptions options = ServerOptions.of(vdi::newServerSet).withDatabase("Sales", BackupProcess.LARGE);
        password = options.password();
        server = SimulatedServer.start(options);
        link = Relay.to(server.port());
        store = S3Store.open(BackupProcess.store(s3.endpoint(), s3.accessKeyId(), s3.secretAccessKey()));
        budget = MemoryBudget.of(64L << 20);
        engine = new Engine(BackupProcess.environment(
                new SqlServer(server.jdbcUrl(), "sa", password), store, LinuxVdi.open(library), budget));
        engine.backup(BackupRequest.full("Sales", 1), RunObserver.SILENT).block(PATIENTLY);
    }

    @AfterAll
    static void stop() throws Exception {
        if (engine != null) {
            engine.shutdown().block(PATIENTLY);
            store.close();
            budget.close();
            link.close();
            server.close();
            proxy.close();
            s3.close();
            try (Stream<Path> left = Files.list(vdiDirectory)) {
                for (Path file : left.toList()) {
                    Files.deleteIfExists(file);
                }
            }
            Files.delete(vdiDirectory);
        }
    }

    // ---- every step ----

    static Stream<Arguments> steps() {
        Set<BackupStep> few = EnumSet.of(
                BackupStep.PENDING_WRITTEN_UNHEARD,
                BackupStep.OBJECT_SENT_UNHEARD,
                BackupStep.PART_SENT_UNHEARD,
                BackupStep.DESCRIBED_UNHEARD,
                BackupStep.VERDICT_UNHEARD,
                BackupStep.PENDING_NOT_YET_DELETED);
        return Arrays.stream(BackupStep.values())
                .filter(step -> LONG || few.contains(step))
                .flatMap(step -> TYPES.stream()
                        .filter(type -> step.isIn(type == BackupType.FULL))
                        .filter(type -> LONG
                                || type == BackupType.LOG
                                || step == BackupStep.VERDICT_UNHEARD
                                || step == BackupStep.PART_SENT_UNHEARD)
                        .map(type -> Arguments.of(type, step)));
    }

    @ParameterizedTest
    @MethodSource("steps")
    void aKilledSidecarLosesNothingThatWasPromised(BackupType type, BackupStep step) throws Exception {
        Crash crash = new Crash(type, 1 + seeds % 2);

        crash.killAt(step);

        assertThat(crash.sprung)
                .as("the step was reached: %s", proxy.requests())
                .isTrue();
        crash.recoverAndCheck();
        if (LONG || step == BackupStep.VERDICT_UNHEARD || step == BackupStep.OBJECT_SENT_UNHEARD) {
            crash.restores();
        }
    }

    // ---- every step, with everything that can go wrong on the server at the same time ----

    /// All that the server's stand-in can do wrong with a backup, but for what stands still.
    private static final List<Fault> FAULTS = List.of(
            new Fault.FailsAfter(64 << 10),
            new Fault.FailsAfterComplete(),
            new Fault.FailsAfterTruncation(),
            new Fault.LosesConnection(),
            new Fault.DiesBeforeTruncation(),
            new Fault.DiesBeforeHistory(),
            new Fault.DiesAtCommand(2),
            new Fault.RestartsAfter(64 << 10, Duration.ofSeconds(1)),
            new Fault.AbortsAfter(64 << 10),
            new Fault.CancelsAfter(64 << 10),
            new Fault.MissesDeath(),
            new Fault.Remembers(History.LATE),
            new Fault.Remembers(History.PURGED),
            new Fault.Behaves(MediaBehavior.DEFAULT.completing(MediaBehavior.Completes.NEVER)),
            new Fault.Behaves(MediaBehavior.DEFAULT.completing(MediaBehavior.Completes.REVERSED)));

    /// These hold a backup for ever, so that it reaches no later step.
    private static final List<Fault> STILL =
            List.of(new Fault.StallsAfter(1), new Fault.ClosesEarlyAfter(1), new Fault.NeverOpens());

    /// The bytes are damaged before the client has them, so no crash is needed for a backup that does not restore:
    /// `InFlightIT` of the engine.
    private static final List<Fault> DAMAGED = List.of(new Fault.DamagesAfter(64 << 10));

    @Test
    void noFaultOfTheServersIsForgotten() {
        assertThat(Stream.of(FAULTS, STILL, DAMAGED).flatMap(List::stream).map(Object::getClass))
                .containsAll(Set.of(Fault.class.getPermittedSubclasses()));
    }

    static Stream<Arguments> faults() {
        Stream<Arguments> few = Stream.of(
                Arguments.of(BackupType.LOG, BackupStep.VERDICT_UNHEARD, new Fault.DiesBeforeHistory(), History.NORMAL),
                Arguments.of(
                        BackupType.LOG, BackupStep.VERDICT_UNHEARD, new Fault.FailsAfterComplete(), History.NORMAL),
                Arguments.of(BackupType.LOG, BackupStep.OBJECT_SENT_UNHEARD, new Fault.MissesDeath(), History.NORMAL),
                Arguments.of(BackupType.FULL, BackupStep.VERDICT_UNHEARD, null, History.OFF));
        if (!LONG) {
            return few;
        }
        Set<BackupStep> late = EnumSet.range(BackupStep.NOT_YET_DESCRIBED, BackupStep.PENDING_NOT_YET_DELETED);
        late.add(BackupStep.OBJECT_SENT_UNHEARD);
        late.add(BackupStep.PART_SENT_UNHEARD);
        List<Arguments> all = new ArrayList<>();
        for (BackupType type : List.of(BackupType.LOG, BackupType.FULL)) {
            for (BackupStep step : late) {
                if (!step.isIn(type == BackupType.FULL)) {
                    continue;
                }
                FAULTS.forEach(fault -> all.add(Arguments.of(type, step, fault, History.NORMAL)));
                // Where msdb is locked, each query of it takes its minute, and nothing else is different.
                for (History history : EnumSet.complementOf(EnumSet.of(History.LOCKED))) {
                    all.add(Arguments.of(type, step, null, history));
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("faults")
    void nothingIsLostWhenTheServerHasTroubleOfItsOwn(
            BackupType type, BackupStep step, @Nullable Fault fault, History history) throws Exception {
        Crash crash = new Crash(type, 1);
        if (fault != null) {
            server.faults().next(fault);
        }
        server.faults().history(history);
        try {
            crash.killAt(step);

            crash.recoverAndCheck();
        } finally {
            server.faults().history(History.NORMAL);
            if (history != History.NORMAL || fault instanceof Fault.Remembers) {
                // So that msdb has the row of the differential base again, without which nothing is deleted.
                engine.backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                        .block(PATIENTLY);
            }
        }
        if (LONG || step == BackupStep.VERDICT_UNHEARD) {
            crash.restores();
        }
    }

    static Stream<Arguments> stills() {
        return STILL.stream()
                .flatMap(fault ->
                        (LONG ? TYPES : List.of(BackupType.LOG)).stream().map(type -> Arguments.of(type, fault)));
    }

    @ParameterizedTest
    @MethodSource("stills")
    void nothingIsLeftOfABackupThatStoodStill(BackupType type, Fault fault) throws Exception {
        Crash crash = new Crash(type, 1);
        server.faults().next(fault);

        crash.killWhenItStandsStill();

        crash.recoverAndCheck();
        assertThat(crash.isKept()).isFalse();
        if (LONG) {
            crash.restores();
        }
    }

    // ---- Ctrl-C, which is asked and not killed ----

    static Stream<BackupStep> interruptions() {
        // Before BACKUP is sent nothing tells when the signal has been heard.
        return LONG
                ? EnumSet.range(BackupStep.OBJECT_NOT_YET_SENT, BackupStep.PENDING_DELETED_UNHEARD).stream()
                        .filter(step -> step.isIn(false))
                : Stream.of(BackupStep.NOT_YET_DESCRIBED, BackupStep.VERDICT_UNHEARD);
    }

    @ParameterizedTest
    @MethodSource("interruptions")
    void ctrlCLeavesNothingBeforeThePointOfNoReturnAndWaitsForTheVerdictBehindIt(BackupStep step) throws Exception {
        Crash crash = new Crash(BackupType.LOG, 1);
        // What other tests here have left unconfirmed on purpose stays.
        Set<String> before = pendings();

        int code = crash.interruptAt(step);

        assertThat(code).isEqualTo(130);
        assertThat(crash.isKept()).isEqualTo(step.isLate());
        assertThat(pendings()).isEqualTo(before);
        crash.recoverAndCheck();
        crash.restores();
    }

    private static Set<String> pendings() {
        return Set.copyOf(
                engine.environment().catalog().pendingIds().collectList().block(PATIENTLY));
    }

    // ---- random moments ----

    @Test
    void aSidecarKilledAtAnyMomentLosesNothingThatWasPromised() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.getLogger(CrashIT.class.getName()).log(System.Logger.Level.INFO, "seed {0}", Long.toString(seed));
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            BackupType type = TYPES.get(random.nextInt(TYPES.size()));
            Crash crash = new Crash(type, 1 + random.nextInt(3));

            crash.killAfter(Duration.ofMillis(random.nextInt(1_500)));

            try {
                crash.recoverAndCheck();
                crash.restores();
            } catch (AssertionError e) {
                throw new AssertionError("seed %d, round %d".formatted(seed, round), e);
            }
        }
    }

    /// One backup in a process of its own, killed.
    private static final class Crash {

        private final BackupType type;
        private final int stripes;
        private volatile boolean sprung;
        private @Nullable Process process;

        Crash(BackupType type, int stripes) {
            this.type = type;
            this.stripes = stripes;
            awaitServer();
            if (seeds % CHAIN == 0) {
                engine.backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                        .block(PATIENTLY);
            }
            sql("EXEC sluice_workload @database = N'Sales', @transactions = 10, @seed = %d".formatted(seeds++));
        }

        /// It may have restarted.
        private static void awaitServer() {
            await().atMost(PATIENTLY).until(() -> {
                try (var session = engine.environment().server().connect()) {
                    return session.alive();
                } catch (SqlServerUnavailable e) {
                    return false;
                }
            });
        }

        void killAt(BackupStep step) throws Exception {
            proxy.follow(step.trap(() -> {
                sprung = true;
                if (step == BackupStep.VERDICT_UNHEARD) {
                    link.hold();
                    return false;
                }
                kill();
                return true;
            }));
            BufferedReader output = start();
            try {
                if (step == BackupStep.VERDICT_UNHEARD) {
                    await().atMost(PATIENTLY).until(() -> outcome().isPresent() || !running());
                    kill();
                }
                await().atMost(PATIENTLY).until(() -> !running());
            } finally {
                kill();
                link.release();
                output.close();
            }
        }

        /// @return the exit code
        int interruptAt(BackupStep step) throws Exception {
            Path place = Files.createDirectories(directory.resolve("interrupted-" + seeds));
            Files.writeString(place.resolve("sluice.yaml"), """
                    server: { url: "%s", user: sa, password: "%s", identity: %s }
                    vdi: { provider: simulator, library: "%s" }
                    store:
                      bucket: sluice
                      endpoint: %s
                      credentials: { access-key-id: "%s", secret-access-key: "%s" }
                    memory: { budget: 64MiB }
                    """.formatted(
                            serverUrl(),
                            password,
                            BackupProcess.IDENTITY,
                            library,
                            proxy.endpoint(),
                            s3.accessKeyId(),
                            s3.secretAccessKey()));
            CountDownLatch reached = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            proxy.follow(step.trap(() -> {
                reached.countDown();
                if (step == BackupStep.VERDICT_UNHEARD) {
                    link.hold();
                } else {
                    awaitLatch(goOn);
                }
                return false;
            }));
            try (Program program = Program.start(
                    place,
                    Map.of(CrossProcessVdi.DIRECTORY_VARIABLE, vdiDirectory.toString()),
                    "backup",
                    "Sales",
                    "--type",
                    "log")) {
                awaitLatch(reached);
                if (step == BackupStep.VERDICT_UNHEARD) {
                    await().atMost(PATIENTLY).until(() -> outcome().isPresent());
                }
                program.signal("INT");
                if (!step.isLate()) {
                    await().atMost(PATIENTLY).until(() -> outcome().isPresent());
                }
                goOn.countDown();
                link.release();
                return program.exitCode(PATIENTLY);
            } finally {
                goOn.countDown();
                link.release();
            }
        }

        private static void awaitLatch(CountDownLatch latch) {
            try {
                assertThat(latch.await(PATIENTLY.toSeconds(), TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        void killWhenItStandsStill() throws Exception {
            proxy.follow(Script.passing());
            try (BufferedReader _ = start()) {
                await().atMost(PATIENTLY).until(() -> server.faults().isStalling());
            } finally {
                kill();
            }
        }

        void killAfter(Duration moment) throws Exception {
            proxy.follow(Script.passing());
            try (BufferedReader output = start()) {
                for (String line = output.readLine(); line != null && !line.equals("ready"); line = output.readLine()) {
                    // until the backup begins
                }
                LockSupport.parkNanos(moment.toNanos());
                kill();
            } finally {
                kill();
            }
        }

        private BufferedReader start() throws IOException {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx96m",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-cp",
                    System.getProperty("java.class.path"),
                    BackupProcess.class.getName(),
                    serverUrl(),
                    password,
                    proxy.endpoint().toString(),
                    s3.accessKeyId(),
                    s3.secretAccessKey(),
                    library.toString(),
                    "Sales",
                    type.name(),
                    Integer.toString(stripes)));
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectError(directory.resolve("child.err").toFile());
            builder.environment().put(CrossProcessVdi.DIRECTORY_VARIABLE, vdiDirectory.toString());
            Process started = builder.start();
            process = started;
            return new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
        }

        /// By the line that can be held.
        private static String serverUrl() {
            return server.jdbcUrl().replace(":" + server.port(), ":" + link.port());
        }

        private boolean running() {
            Process started = process;
            return started != null && started.isAlive();
        }

        private void kill() {
            Process started = process;
            if (started != null) {
                started.destroyForcibly();
                try {
                    started.waitFor(10, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        /// As its pending document's key names it; null when it did not come that far.
        private @Nullable String id() {
            return proxy.requests().stream()
                    .map(FaultyProxy.Request::line)
                    .filter(BackupStep.PENDING_WRITTEN_UNHEARD::isAbout)
                    .map(PENDING::matcher)
                    .filter(Matcher::find)
                    .map(matcher -> matcher.group(1))
                    .findFirst()
                    .orElse(null);
        }

        /// SQL Server's verdict, whether anybody heard it or not.
        private Optional<StatementOutcome> outcome() {
            String id = id();
            return id == null
                    ? Optional.empty()
                    : server.outcomes().stream()
                            .filter(outcome -> outcome.text().contains(id))
                            .findFirst();
        }

        void recoverAndCheck() {
            String id = id();
            RecoveryReport[] last = new RecoveryReport[1];
            awaitServer();
            // The server releases a dead session's lock a moment later.
            await().atMost(PATIENTLY).until(() -> {
                last[0] = engine.recover().block(PATIENTLY);
                return last[0].findings().stream()
                        .noneMatch(finding -> finding.decision() == RecoveryReport.Decision.RUNNING);
            });
            if (id == null) {
                return;
            }
            String story = "%s, %s%n%s%n%s".formatted(id, last[0], proxy.requests(), outcome());
            Catalog catalog = engine.environment().catalog();
            List<BackupDocument> entries =
                    catalog.list("Sales").concatMap(catalog::read).collectList().block(PATIENTLY);
            List<BackupDocument> pendings = catalog.pendings().collectList().block(PATIENTLY);
            Optional<BackupDocument> kept = Stream.concat(entries.stream(), pendings.stream())
                    .filter(document -> document.backupId().equals(id))
                    .findFirst();

            boolean good = outcome().map(StatementOutcome::success).orElse(false);
            if (good) {
                assertThat(kept).as(story).isPresent();
            } else if (leavesATrace() && !died() && server.faults().history() == History.NORMAL) {
                assertThat(kept).as(story).isEmpty();
            }
            kept.ifPresent(document -> {
                VerifyReport report =
                        engine.verify(document, RunObserver.SILENT).block(PATIENTLY);
                assertThat(report.problems()).as(story).isEmpty();
            });
            assertThat(store.list("")
                            .map(object -> object.key())
                            .filter(key -> key.contains(id))
                            .collectList()
                            .block(PATIENTLY))
                    .as(story)
                    .hasSize(kept.isEmpty() ? 0 : 1 + stripes);
            assertThat(store.uploads("").collectList().block(PATIENTLY))
                    .as(story)
                    .isEmpty();
            Set<String> devices = Set.copyOf(Stream.concat(entries.stream(), pendings.stream())
                    .map(BackupDocument::deviceSet)
                    .toList());
            assertThat(server.lostLogRecords("Sales", devices::contains))
                    .as(story)
                    .isZero();
        }

        /// Whether the server itself went down, so that its verdict is what it finds when it is up again.
        private boolean died() {
            return outcome().stream()
                    .flatMap(outcome -> outcome.errors().stream())
                    .anyMatch(error -> error.number() == 50_000);
        }

        /// A differential leaves none but its row in msdb, so what is not proved is kept.
        private boolean leavesATrace() {
            return type != BackupType.DIFFERENTIAL;
        }

        boolean isKept() {
            String id = id();
            return id != null && inventory().document(id).isPresent();
        }

        private static Inventory inventory() {
            return engine.inventory("Sales", null).blockOptional(PATIENTLY).orElseThrow();
        }

        /// This very backup, on top of all that it rests on; or, when nothing of it is left, what the next log
        /// backup ends with. Nobody has changed the database meanwhile, so the copy equals it.
        void restores() {
            boolean kept = isKept();
            if (!kept) {
                engine.backup(BackupRequest.log("Sales"), RunObserver.SILENT).block(PATIENTLY);
            }
            Inventory inventory = inventory();
            Planning planning = new Planner(inventory.backups())
                    .plan(PlanRequest.to(
                            kept ? new RestoreTarget.Through(String.valueOf(id())) : new RestoreTarget.End()));
            assertThat(planning).isInstanceOf(RestorePlan.class);
            String copy = "Copy" + ++copies;
            engine.restore(
                            RestoreRequest.of(
                                    (RestorePlan) planning, inventory.documents(), copy, Map.of(), Existing.KEEP),
                            RestoreObserver.SILENT)
                    .block(PATIENTLY);
            assertThat(server.compare("Sales", copy))
                    .as("%s, %s", id(), planning)
                    .isEmpty();
            sql("DROP DATABASE [" + copy + "]");
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
