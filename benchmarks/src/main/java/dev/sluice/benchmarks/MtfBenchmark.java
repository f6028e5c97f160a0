package dev.sluice.benchmarks;

import dev.sluice.mtf.inspect.StreamInspector;
import dev.sluice.simulator.generator.BackupRecipe;
import dev.sluice.simulator.generator.Extents;
import dev.sluice.simulator.generator.StripeStream;
import dev.sluice.simulator.generator.SyntheticBackup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// What looking at a backup stream costs while it passes, and how fast the stand-in makes one, on one core; beside
/// the floor, one memcpy and one CRC32C pass over the same bytes.
///
/// One operation is one transfer of 1 MiB, so operations a second are MiB/s. The buffer stays in the cache, as it
/// does in production right after the copy. The stream is a terabyte long: no iteration comes to its end.
///
/// Run: `benchmarks/run MtfBenchmark`
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
public class MtfBenchmark {

    private static final int TRANSFER = 1 << 20;
    private static final long TERABYTE = 1L << 40;

    private final Arena arena = Arena.ofShared();
    private final CRC32C crc = new CRC32C();
    private MemorySegment buffer = MemorySegment.NULL;
    private MemorySegment copy = MemorySegment.NULL;
    private ByteBuffer bytes = ByteBuffer.allocate(0);
    private StreamInspector structureOnly = StreamInspector.structureOnly();
    private StreamInspector full = StreamInspector.full();
    private StripeStream plain = recipe(false).stripe(0);
    private StripeStream checksummed = recipe(true).stripe(0);

    private static BackupRecipe recipe(boolean checksums) {
        return new SyntheticBackup("Speed", 1)
                .extents(Extents.of(1, TERABYTE / Extents.BYTES))
                .checksums(checksums)
                .recipe();
    }

    @Setup(Level.Iteration)
    public void start() {
        buffer = arena.allocate(TRANSFER, 4096);
        copy = arena.allocate(TRANSFER, 4096);
        bytes = copy.asByteBuffer();
        structureOnly = StreamInspector.structureOnly();
        full = StreamInspector.full();
        plain = recipe(false).stripe(0);
        checksummed = recipe(true).stripe(0);
        StripeStream front = recipe(true).stripe(0);
        front.read(buffer);
        structureOnly.update(buffer);
        full.update(buffer);
        front.read(buffer); // from here on pages, and their content makes no difference to the speed
        copy.copyFrom(buffer);
    }

    @TearDown
    public void close() {
        arena.close();
    }

    @Benchmark
    public void parseStructure() {
        structureOnly.update(buffer);
    }

    @Benchmark
    public void parseAndRecomputeChecksum() {
        full.update(buffer);
    }

    @Benchmark
    public void generate() {
        plain.read(buffer);
    }

    @Benchmark
    public void generateWithChecksum() {
        checksummed.read(buffer);
    }

    @Benchmark
    public long floorCopyAndCrc32c() {
        copy.copyFrom(buffer);
        bytes.clear();
        crc.reset();
        crc.update(bytes);
        return crc.getValue();
    }
}
