package dev.sluice.simulator.generator;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.StreamInspector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/// Large streams take no more memory than small ones. 1 GiB by default, 20 GiB with `-Dsluice.long=true`.
final class LargeStreamTest {
    private static final long GIB = 1L << 30;
    private static final int TRANSFER = 1 << 20;
    private static final int PIECES = 100_000;
    private static final int PIECE = 1_000;
    private static final long ALLOWED = 8 << 20; // buffers of generator and inspector, test framework, JIT

    @Test
    void areGeneratedAndInspectedInConstantMemory() {
        long size = Boolean.getBoolean("sluice.long") ? 20 * GIB : GIB;
        BackupRecipe recipe = new SyntheticBackup("Large", 1)
                .extents(Extents.of(1, size / Extents.BYTES))
                .recipe();
        StripeStream stream = recipe.stripe(0);
        StreamInspector inspector = StreamInspector.full();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(TRANSFER, 4096);
            long before = allocated();
            for (long n = stream.read(buffer); n > 0; n = stream.read(buffer)) {
                inspector.update(buffer, 0, n);
            }
            assertThat(allocated() - before).isLessThan(ALLOWED);
        }

        Inspection report = inspector.report();

        assertThat(report).isInstanceOfSatisfying(Inspection.Inspected.class, inspected -> {
            assertThat(inspected.sound()).isTrue();
            assertThat(inspected.bytes()).isEqualTo(stream.length()).isGreaterThan(size);
            assertThat(inspected.checksums().matched()).isEqualTo(2);
        });
    }

    @Test
    void passingPagesCreatesNoObjects() {
        BackupRecipe recipe =
                new SyntheticBackup("Large", 1).extents(Extents.of(1, 1_600)).recipe();
        MemorySegment buffer = MemorySegment.ofArray(new byte[TRANSFER]);
        recipe.stripe(0).read(buffer);
        StreamInspector inspector = StreamInspector.full();
        inspector.update(buffer); // now in the middle of the pages
        long before = allocated();

        for (int i = 0; i < PIECES; i++) {
            inspector.update(buffer, i % 1024, PIECE);
        }

        assertThat(allocated() - before).isLessThan(PIECES); // less than a byte each
    }

    private static long allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return threads.getCurrentThreadAllocatedBytes();
    }
}
