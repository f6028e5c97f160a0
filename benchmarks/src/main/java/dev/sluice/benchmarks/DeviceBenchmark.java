package dev.sluice.benchmarks;

import dev.sluice.simulator.vdi.CrossProcessVdi;
import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.inprocess.InProcessVdi;
import dev.sluice.vdi.inprocess.VdiBehavior;
import dev.sluice.vdi.jna.LinuxVdi;
import dev.sluice.vdi.reactor.DeviceSet;
import dev.sluice.vdi.reactor.Lease;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/// The cost of one command (GetCommand and CompleteCommand): by the bare client, and through the `Flux`.
///
/// The data is not touched, so the difference between the two is what the `Flux` adds. Over the library that does
/// nothing, the bare client's time is its own cost and JNA's, and nothing else runs. In process, and over the
/// simulator's library, both sides of the interface share the machine's cores, so those times hold the server's
/// work and the hand-over between threads too.
///
/// Run: `benchmarks/run DeviceBenchmark -prof gc`
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
public class DeviceBenchmark {

    private static final int COMMANDS = 1_000;
    private static final String NAME = "benchmark-" + ProcessHandle.current().pid();
    private static final int TRANSFER = 1 << 20;

    /// How commands are fetched.
    public enum Client {
        BARE,
        FLUX
    }

    /// What gives the commands.
    public enum Vdi {
        /// Both sides in Java.
        IN_PROCESS,
        /// Through JNA, a library that hands out the same Write again and again.
        NOTHING,
        /// Through JNA, the simulator's library, whose server is in this process.
        SIMULATOR
    }

    @Param({"NOTHING", "IN_PROCESS", "SIMULATOR"})
    public Vdi vdi = Vdi.NOTHING;

    @Param({"BARE", "FLUX"})
    public Client client = Client.BARE;

    private final InProcessVdi inProcess = new InProcessVdi();
    private @Nullable LoopingServer server;
    private @Nullable ClientVirtualDeviceSet bareSet;
    private @Nullable ClientVirtualDevice bareDevice;
    private @Nullable DeviceSet fluxSet;
    private @Nullable Taker taker;

    @Setup(Level.Trial)
    public void open() {
        VDConfig request = VDConfig.request(1, Features.LIKE_PIPE);
        Supplier<ClientVirtualDeviceSet> sets = switch (vdi) {
            case IN_PROCESS -> inProcess::newClientSet;
            case NOTHING -> LinuxVdi.open(NativeLibraries.nothing()).clientSets(null);
            case SIMULATOR -> LinuxVdi.open(NativeLibraries.simulator()).clientSets(null);
        };
        switch (client) {
            case BARE -> {
                ClientVirtualDeviceSet set = sets.get();
                set.create(null, NAME, request);
                attachServer();
                set.getConfiguration(Timeouts.INFINITE);
                bareDevice = set.openDevice(NAME);
                bareSet = set;
            }
            case FLUX -> {
                DeviceSet set = DeviceSet.create(sets, List.of(NAME), request)
                        .blockOptional()
                        .orElseThrow();
                attachServer();
                taker = new Taker();
                set.open().blockOptional().orElseThrow().devices().getFirst().subscribe(taker);
                fluxSet = set;
            }
        }
    }

    private void attachServer() {
        server = switch (vdi) {
            case IN_PROCESS -> LoopingServer.attach(inProcess.newServerSet(), NAME, TRANSFER);
            case NOTHING -> null;
            case SIMULATOR ->
                LoopingServer.attach(
                        new CrossProcessVdi(CrossProcessVdi.defaultDirectory(), VdiBehavior.DEFAULT).newServerSet(),
                        NAME,
                        TRANSFER);
        };
    }

    @Benchmark
    @OperationsPerInvocation(COMMANDS)
    public void command() throws InterruptedException {
        if (bareDevice != null) {
            for (int i = 0; i < COMMANDS; i++) {
                if (bareDevice.getCommand(Timeouts.INFINITE) instanceof Command command) {
                    bareDevice.completeCommand(command, CompletionCode.ERROR_SUCCESS, TRANSFER, 0);
                }
            }
        } else if (taker != null) {
            taker.take(COMMANDS);
        }
    }

    @TearDown(Level.Trial)
    public void close() {
        if (bareSet != null) {
            bareSet.signalAbort();
            bareSet.close();
        }
        if (fluxSet != null) {
            fluxSet.abort().block();
        }
        if (server != null) {
            server.close();
        }
    }

    /// Asks for one command at a time, as a stripe of a backup does.
    private static final class Taker extends BaseSubscriber<Lease> {
        private final Semaphore done = new Semaphore(0);
        private volatile int wanted;

        void take(int commands) throws InterruptedException {
            wanted = commands;
            request(1);
            done.acquire();
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            // Demand comes with take().
        }

        @Override
        protected void hookOnNext(Lease lease) {
            lease.answer(CompletionCode.ERROR_SUCCESS, TRANSFER);
            int left = wanted - 1;
            wanted = left;
            if (left == 0) {
                done.release();
            } else {
                request(1);
            }
        }

        @Override
        protected void hookOnError(Throwable failure) {
            // The abort at the end of the trial.
        }
    }
}
