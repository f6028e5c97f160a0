package dev.sluice.benchmarks;

import dev.sluice.s3.BlockSums;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The one pass over each byte, and what it takes to know the sum of an object of 20 GiB from the sums of its 2,560
/// blocks, which is done once.
///
/// Run: `benchmarks/run ChecksumBenchmark -prof gc`
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ChecksumBenchmark {
    private static final int BLOCK = 8 << 20;
    private static final int BLOCKS = 2_560;

    private final ByteBuffer transfer = ByteBuffer.allocateDirect(1 << 20);
    private final CRC32C crc = new CRC32C();
    private final BlockSums sums = BlockSums.ofHex(
            BLOCK,
            new Random(1)
                    .ints(BLOCKS)
                    .mapToObj(sum -> HexFormat.of().toHexDigits(sum))
                    .toList());

    @Benchmark
    public long crc32cOfOneMebibyte() {
        crc.reset();
        crc.update(transfer.clear());
        return crc.getValue();
    }

    @Benchmark
    public int combineTheBlocksOf20GiB() {
        return sums.combined((long) BLOCKS * BLOCK);
    }
}
