package dev.sluice.benchmarks.compare;

import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.S3Store;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
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

/// The whole way of one backup of 1 GiB, warm: device set, leases, inspector, parts, requests, and back; against the
/// null server in a process of its own. Operations a second are MiB a second.
///
/// Run: `benchmarks/run PipelineBenchmark -prof gc`
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:MaxDirectMemorySize=1536m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"
        })
public class PipelineBenchmark {
    private static final int MIB = 1024;
    private static final int PART = 32 << 20;
    private static final long BUDGET = 512L << 20;

    @Param({"1", "4"})
    public int stripes = 1;

    private @Nullable ServerProcess server;
    private @Nullable MemoryBudget budget;
    private @Nullable S3Store store;
    private @Nullable Job job;

    @Setup
    public void open() throws IOException {
        ServerProcess started = ServerProcess.plain();
        Job planned = new Job(started.endpoint("http"), (long) MIB << 20, PART, 8, stripes, BUDGET);
        server = started;
        job = planned;
        budget = MemoryBudget.of(BUDGET);
        store = S3Store.open(SluiceClient.config(planned));
    }

    @Benchmark
    @OperationsPerInvocation(MIB)
    public void upload() throws Exception {
        if (job != null && budget != null && store != null) {
            SluiceClient.upload(job, budget, store);
        }
    }

    @Benchmark
    @OperationsPerInvocation(MIB)
    public void download() throws Exception {
        if (job != null && budget != null && store != null) {
            SluiceClient.download(job, budget, store);
        }
    }

    @TearDown
    public void close() throws IOException {
        if (store != null) {
            store.close();
        }
        if (budget != null) {
            budget.close();
        }
        if (server != null) {
            server.close();
        }
    }
}
