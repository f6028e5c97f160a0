package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import dev.sluice.vdi.jna.ClientPumps.Pumped;
import dev.sluice.vdi.jna.ScriptedServer.Outcome;
import dev.sluice.vdi.jna.ScriptedServer.Script;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// `kill -9` of either process at a random moment: the other one ends within a second, with the error that says
/// so, and nothing is left.
///
/// A few rounds by default; `-Dsluice.kill.rounds=200` for the long run, `-Dsluice.kill.seed=` to repeat one.
class KillIT {

    private static final int ROUNDS = Integer.getInteger("sluice.kill.rounds", 3);
    private static final long ENDLESS = Long.MAX_VALUE / 2;

    @RegisterExtension
    final Simulator simulator = new Simulator();

    @TempDir
    Path workingDirectory = Path.of("");

    private final long seed = Long.getLong("sluice.kill.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @Test
    void aClientOutlivesItsServer() throws Exception {
        LinuxVdi vdi = (LinuxVdi) Simulator.Face.LINUX.vdi();
        for (int round = 0; round < ROUNDS; round++) {
            int devices = 1 + random.nextInt(4);
            String name = "kill-server-" + round;
            ClientVirtualDeviceSet set = vdi.newClientSet();
            set.create(null, name, VDConfig.request(devices, Features.LIKE_PIPE));
            FutureTask<List<Pumped>> client =
                    CrossProcessIT.start(() -> new ClientPumps(set, ScriptedServer.deviceNames(name, devices)).run());
            try (ChildProcess server = ChildProcess.java(
                    simulator.directory(),
                    workingDirectory,
                    ServerProcess.class,
                    name,
                    devices,
                    ENDLESS,
                    256 << 10,
                    random.nextBoolean() ? "backup" : "restore")) {
                server.awaitLine("open");
                pauseForLuck();

                server.kill();
                long killed = System.nanoTime();
                assertAborted(client);
                assertPrompt(killed, round);
            }
            set.close();
            simulator.awaitEmptyDirectory();
        }
    }

    /// Aborted in GetConfiguration or OpenDevice, or in every pump.
    private void assertAborted(FutureTask<List<Pumped>> client) throws Exception {
        try {
            assertThat(client.get(10, TimeUnit.SECONDS))
                    .as("seed %d", seed)
                    .extracting(Pumped::end)
                    .allMatch(Fetched.Aborted.class::isInstance);
        } catch (ExecutionException e) {
            assertThat(rootOf(e))
                    .as("seed %d", seed)
                    .isInstanceOfSatisfying(
                            VirtualDeviceException.class,
                            failure -> assertThat(failure.error()).isEqualTo(VdError.ABORT));
        }
    }

    @Test
    void aServerOutlivesItsClient() throws Exception {
        Path library = Simulator.built("libsqlvdi.so");
        for (int round = 0; round < ROUNDS; round++) {
            Script script = new Script(
                    "kill-client-" + round, 1 + random.nextInt(4), random.nextBoolean(), ENDLESS, 256 << 10, 4);
            try (ChildProcess client = ChildProcess.java(
                    simulator.directory(),
                    workingDirectory,
                    ClientProcess.class,
                    library,
                    script.setName(),
                    script.devices())) {
                client.awaitLine("created");
                var set = simulator.server().newServerSet();
                FutureTask<Outcome> server = CrossProcessIT.start(new ScriptedServer(set, script)::run);
                pauseForLuck();

                client.kill();
                long killed = System.nanoTime();
                assertEndedByAbort(server);
                assertPrompt(killed, round);
                clearUpWhatTheKilledProcessesLeft(script.setName(), library);
            }
            simulator.awaitEmptyDirectory();
        }
    }

    private void assertEndedByAbort(FutureTask<Outcome> server) throws Exception {
        try {
            assertThat(server.get(10, TimeUnit.SECONDS).codes())
                    .as("seed %d", seed)
                    .isNotEmpty()
                    .containsOnly(CompletionCode.ERROR_OPERATION_ABORTED);
        } catch (ExecutionException e) {
            // Before the server had the set, or while it configured it.
            assertThat(rootOf(e))
                    .as("seed %d", seed)
                    .isInstanceOfSatisfying(
                            VirtualDeviceException.class,
                            failure -> assertThat(failure.error()).isIn(VdError.ABORT, VdError.INVALID));
        }
    }

    /// A client that dies before a server has its set leaves a socket, which the next Create of the name takes
    /// over.
    private void clearUpWhatTheKilledProcessesLeft(String name, Path library) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        while (!simulator.files().isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(1_000_000);
        }
        if (!simulator.files().isEmpty()) {
            assertThat(simulator.files()).containsExactly("n-" + name + ".c");
            ClientVirtualDeviceSet next = LinuxVdi.open(library).newClientSet();
            next.create(null, name, VDConfig.request(1, Features.LIKE_PIPE));
            next.close();
        }
    }

    private static Throwable rootOf(Throwable failure) {
        Throwable cause = failure.getCause();
        return cause instanceof ExecutionException ? rootOf(cause) : cause == null ? failure : cause;
    }

    /// The moment of the kill is random.
    private void pauseForLuck() {
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(200_000)));
    }

    private void assertPrompt(long killed, int round) {
        assertThat(System.nanoTime() - killed)
                .as("nanoseconds until the survivor ended, round %d, seed %d", round, seed)
                .isLessThan(TimeUnit.SECONDS.toNanos(1));
    }
}
