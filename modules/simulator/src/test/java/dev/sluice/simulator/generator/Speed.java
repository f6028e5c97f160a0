package dev.sluice.simulator.generator;

import dev.sluice.mtf.inspect.StreamInspector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/// What a thread's processor time buys, to be run by hand where the machine is too busy for the benchmarks module,
/// which counts the time on the wall.
///
/// Each round takes 256 MiB through a buffer of 1 MiB, which stays in the cache as it does right after the copy
/// in production. The median of the last rounds is printed.
final class Speed {
    private static final int TRANSFER = 1 << 20;
    private static final long EXTENTS = 4096;
    private static final int ROUNDS = 25;
    private static final int WARM_UP = 10;

    private Speed() {}

    public static void main(String[] args) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(TRANSFER, 4096);
            MemorySegment copy = arena.allocate(TRANSFER, 4096);
            report("floor: memcpy and CRC32C", _ -> floor(buffer, copy));
            report("generator, no checksum", _ -> generate(false, buffer));
            report("generator, checksum", _ -> generate(true, buffer));
            report("parser, structure only", _ -> parse(StreamInspector.structureOnly(), buffer));
            report("parser, checksum", _ -> parse(StreamInspector.full(), buffer));
            report("parser, checksum, ByteBuffer", _ -> parseBuffers(StreamInspector.full(), buffer.asByteBuffer()));
            report("parser, checksum and pages", _ -> parse(StreamInspector.reading((_, _, _, _) -> {}), buffer));
        }
    }

    private static BackupRecipe recipe(boolean checksums) {
        return new SyntheticBackup("Speed", 1)
                .extents(Extents.of(1, EXTENTS))
                .checksums(checksums)
                .recipe();
    }

    private static void floor(MemorySegment buffer, MemorySegment copy) {
        CRC32C crc = new CRC32C();
        for (long at = 0; at < EXTENTS * Extents.BYTES; at += TRANSFER) {
            copy.copyFrom(buffer);
            crc.update(copy.asByteBuffer());
        }
    }

    private static void generate(boolean checksums, MemorySegment buffer) {
        StripeStream stream = recipe(checksums).stripe(0);
        while (stream.read(buffer) > 0) {}
    }

    /// The same pages again and again: what they contain makes no difference to the speed.
    private static void parse(StreamInspector inspector, MemorySegment buffer) {
        StripeStream front = recipe(true).stripe(0);
        front.read(buffer);
        for (long at = 0; at < EXTENTS * Extents.BYTES; at += TRANSFER) {
            inspector.update(buffer);
            if (at == 0) {
                front.read(buffer);
            }
        }
    }

    private static void parseBuffers(StreamInspector inspector, ByteBuffer buffer) {
        MemorySegment memory = MemorySegment.ofBuffer(buffer);
        StripeStream front = recipe(true).stripe(0);
        front.read(memory);
        for (long at = 0; at < EXTENTS * Extents.BYTES; at += TRANSFER) {
            inspector.update(buffer);
            if (at == 0) {
                front.read(memory);
            }
        }
    }

    private static void report(String what, Consumer<Integer> round) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long[] times = new long[ROUNDS - WARM_UP];
        for (int i = 0; i < ROUNDS; i++) {
            long start = threads.getCurrentThreadCpuTime();
            round.accept(i);
            if (i >= WARM_UP) {
                times[i - WARM_UP] = threads.getCurrentThreadCpuTime() - start;
            }
        }
        Arrays.sort(times);
        double gib = EXTENTS * Extents.BYTES / (double) (1 << 30);
        System.out.printf("%-30s %6.2f GiB/s%n", what, gib / (times[times.length / 2] / 1e9));
    }
}
