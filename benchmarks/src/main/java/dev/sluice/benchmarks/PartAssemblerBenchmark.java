package dev.sluice.benchmarks;

import dev.sluice.s3.Admission;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.PartPlan;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.s3.StripeUpload;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
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

/// The cost of taking one buffer into a part: reserve, copy, CRC32C; beside the floor, one memcpy and one CRC32C
/// pass over the same bytes. No part is filled, so nothing is sent.
///
/// Run: `benchmarks/run PartAssemblerBenchmark -prof gc`
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
public class PartAssemblerBenchmark {

    private static final int BUFFERS = 200;
    private static final int PART = 256 << 20;

    @Param({"65536", "1048576"})
    public int transfer = 1 << 20;

    private final Arena arena = Arena.ofShared();
    private final CRC32C crc = new CRC32C();
    private @Nullable S3Store store;
    private @Nullable MemoryBudget budget;
    private @Nullable Admission admission;
    private @Nullable StripeUpload upload;
    private MemorySegment source = MemorySegment.NULL;
    private MemorySegment target = MemorySegment.NULL;
    private ByteBuffer targetBytes = ByteBuffer.allocate(0);

    @Setup(Level.Trial)
    public void open() {
        source = arena.allocate(transfer).fill((byte) 7);
        target = arena.allocate(PART);
        targetBytes = target.asByteBuffer();
        budget = MemoryBudget.of(2L * PART);
        store = S3Store.open(new StoreConfig(
                URI.create("http://127.0.0.1:1"),
                "us-east-1",
                "none",
                "",
                true,
                new StoreConfig.Credentials("none", "none", null),
                ProviderProfile.GENERIC,
                StoreConfig.Limits.DEFAULT,
                RetryPolicy.DEFAULT));
    }

    @Setup(Level.Invocation)
    public void begin() {
        if (budget == null || store == null) {
            throw new IllegalStateException("the trial was not set up");
        }
        admission = budget.admit(1, PART).blockOptional().orElseThrow();
        upload = store.upload(
                admission.stripe(0),
                new PartPlan(PART, PartPlan.MAX_PARTS, 8 << 20, transfer),
                segment -> "key-" + segment);
    }

    @Benchmark
    @OperationsPerInvocation(BUFFERS)
    public void assembler() {
        if (upload == null) {
            throw new IllegalStateException("the invocation was not set up");
        }
        for (int i = 0; i < BUFFERS; i++) {
            upload.reserve(transfer).block();
            upload.write(source);
        }
    }

    @Benchmark
    @OperationsPerInvocation(BUFFERS)
    public long floor() {
        crc.reset();
        for (int i = 0; i < BUFFERS; i++) {
            long offset = (long) i * transfer;
            MemorySegment.copy(source, 0, target, offset, transfer);
            crc.update(targetBytes.limit((int) offset + transfer).position((int) offset));
        }
        return crc.getValue();
    }

    @TearDown(Level.Invocation)
    public void end() {
        if (upload != null && admission != null) {
            upload.abort().block();
            admission.close();
        }
    }

    @TearDown(Level.Trial)
    public void close() {
        if (store != null && budget != null) {
            store.close();
            budget.close();
        }
        arena.close();
    }
}
