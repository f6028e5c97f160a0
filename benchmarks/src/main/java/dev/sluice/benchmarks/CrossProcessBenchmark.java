package dev.sluice.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
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

/// Writes from one process to another through the simulator's library, and what copying memory costs on the same
/// machine at the same time. **One operation is 1 MiB**, so the scores are MiB/s.
///
/// The server, in this process, copies every byte into the shared buffer, as a database does; the client, in a
/// process of its own and through JNA, copies every byte out of it, as an uploader does. Each device keeps four
/// commands outstanding. `memcpy` is the server's half alone, in one thread and over as many buffers: with two
/// free cores the two halves run side by side, and no transport could be faster than it.
///
/// On a machine that does other work as well, the scores say little, and the processor time still says a lot:
/// `serverCores` and `clientCores` are how many cores each process kept busy, so `score / max(serverCores,
/// clientCores)`
/// is what two free cores would move, and `score / serverCores` of `memcpy` what one free core would copy.
///
/// Run: `benchmarks/run CrossProcessBenchmark`
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
public class CrossProcessBenchmark {

    private static final int MEBIBYTES = 256;

    @Param({"64", "1024", "4096"})
    public int transferKib = 1024;

    @Param({"1", "4"})
    public int devices = 1;

    private @Nullable CopyingServer server;
    private @Nullable Process client;
    private final Arena arena = Arena.ofShared();
    private MemorySegment source = MemorySegment.NULL;
    private MemorySegment targets = MemorySegment.NULL;

    @Setup(Level.Trial)
    public void open() throws Exception {
        int transfer = transferKib << 10;
        String name = "throughput-" + ProcessHandle.current().pid();
        client = CopyingClient.start(name, devices, transfer);
        server = CopyingServer.attach(name, devices, transfer);
        source = arena.allocate(transfer, 4096).fill((byte) 1);
        targets = arena.allocate((long) transfer * devices * CopyingServer.OUTSTANDING, 4096)
                .fill((byte) 2);
    }

    /// Processor seconds of both processes; as a rate they are cores.
    @State(Scope.Thread)
    @AuxCounters
    public static class Processors {
        public double serverCores;
        public double clientCores;

        void count(@Nullable Process client, int sign) {
            serverCores += sign * seconds(ProcessHandle.current());
            clientCores += client == null ? 0 : sign * seconds(client.toHandle());
        }

        private static double seconds(ProcessHandle process) {
            return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9;
        }
    }

    @Benchmark
    @OperationsPerInvocation(MEBIBYTES)
    public void crossProcess(Processors processors) throws InterruptedException {
        if (server == null) {
            throw new IllegalStateException("there is no server");
        }
        processors.count(client, -1);
        server.write((long) MEBIBYTES << 20);
        processors.count(client, 1);
    }

    @Benchmark
    @OperationsPerInvocation(MEBIBYTES)
    public MemorySegment memcpy(Processors processors) {
        processors.count(client, -1);
        long transfer = source.byteSize();
        for (long copied = 0; copied < (long) MEBIBYTES << 20; copied += transfer) {
            targets.asSlice(copied % targets.byteSize(), transfer).copyFrom(source);
        }
        processors.count(client, 1);
        return targets;
    }

    @TearDown(Level.Trial)
    public void close() throws Exception {
        if (server != null) {
            server.close();
        }
        if (client != null && !(client.waitFor(10, TimeUnit.SECONDS) && client.exitValue() == 0)) {
            client.destroyForcibly();
            throw new IllegalStateException("the client process did not end well");
        }
        arena.close();
    }
}
