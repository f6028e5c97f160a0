package dev.sluice.vdi.inprocess;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BufferAreaTest {

    private static final BufferArea.Shape LARGE = new BufferArea.Shape(65_536, 65_536, 6);
    private static final BufferArea.Shape SMALL = new BufferArea.Shape(512, 512, 10);

    private final CountingMemory memory = new CountingMemory();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 512, 4096, 65_536, 100_000})
    void aPrefixZoneLiesBeforeEveryBufferAndBelongsToNoOther(int prefix) {
        BufferArea area = area(prefix, LARGE, SMALL);
        List<MemorySegment> buffers = new ArrayList<>();
        for (int i = 0; i < SMALL.count(); i++) {
            buffers.add(allocate(area, SMALL));
            if (i < LARGE.count()) {
                buffers.add(allocate(area, LARGE));
            }
        }
        MemorySegment all = memory.segments.getFirst();

        buffers.sort(Comparator.comparingLong(MemorySegment::address));
        long free = all.address();
        for (MemorySegment buffer : buffers) {
            assertThat(buffer.address() - prefix).isGreaterThanOrEqualTo(free);
            assertThat(buffer.address() % (buffer.byteSize() == 512 ? 512 : 65_536))
                    .isZero();
            free = buffer.address() + buffer.byteSize();
        }
        assertThat(free).isLessThanOrEqualTo(all.address() + area.reservedBytes());
    }

    @Test
    void writingEveryBufferLeavesThePrefixZonesAlone() {
        BufferArea area = area(100, SMALL);
        MemorySegment all = memory.segments.getFirst();
        List<MemorySegment> buffers = new ArrayList<>();
        for (int i = 0; i < SMALL.count(); i++) {
            buffers.add(allocate(area, SMALL));
        }
        for (MemorySegment buffer : buffers) {
            all.asSlice(buffer.address() - 100 - all.address(), 100).fill((byte) 9);
        }

        buffers.forEach(buffer -> buffer.fill((byte) 1));

        for (MemorySegment buffer : buffers) {
            byte[] prefix =
                    all.asSlice(buffer.address() - 100 - all.address(), 100).toArray(ValueLayout.JAVA_BYTE);
            assertThat(prefix).containsOnly(9);
        }
    }

    @Test
    void withoutPrefixAndPaddingTheAreaIsTheProductOfCountAndSize() {
        assertThat(area(0, LARGE).reservedBytes()).isEqualTo(6L * 65_536);
    }

    /// A server that announced n buffers of a shape gets n, after any sequence of allocating and freeing.
    @Test
    void announcedBuffersAreThereInAnyOrderOfAllocatingAndFreeing() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<BufferArea.Shape> shapes = List.of(LARGE, SMALL, new BufferArea.Shape(3000, 1024, 7));
        BufferArea area = area(random.nextInt(300), shapes.toArray(BufferArea.Shape[]::new));
        List<List<MemorySegment>> allocated = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());

        for (int step = 0; step < 5_000; step++) {
            int which = random.nextInt(3);
            List<MemorySegment> have = allocated.get(which);
            BufferArea.Shape shape = shapes.get(which);
            if (have.size() < shape.count() && (have.isEmpty() || random.nextBoolean())) {
                MemorySegment buffer = area.allocate(shape.size(), shape.alignment());
                assertThat(buffer).as("seed %d, step %d", seed, step).isNotNull();
                have.add(Objects.requireNonNull(buffer));
            } else {
                assertThat(area.free(have.remove(random.nextInt(have.size()))))
                        .as("seed %d, step %d", seed, step)
                        .isTrue();
            }
        }
        for (int which = 0; which < 3; which++) {
            allocated.get(which).forEach(area::free);
        }
        assertThat(area.available(LARGE.size(), LARGE.alignment())).isEqualTo(LARGE.count());
    }

    @Test
    void smallBuffersMayLieInARequestForLargeOnesAndLargeOnesInAFreeStretch() {
        BufferArea area = area(0, LARGE);

        assertThat(area.available(4096, 512)).isEqualTo(6 * 16);
        assertThat(area.available(6 * 65_536, 512)).isEqualTo(1);
        assertThat(area.available(6 * 65_536 + 1, 512)).isZero();
        MemorySegment first = allocate(area, new BufferArea.Shape(2 * 65_536, 65_536, 1));
        MemorySegment second = allocate(area, new BufferArea.Shape(65_536, 65_536, 1));
        MemorySegment third = allocate(area, new BufferArea.Shape(3 * 65_536, 65_536, 1));
        assertThat(area.allocate(1, 512)).isNull();

        // Freed neighbours join, in either order of freeing.
        area.free(first);
        area.free(third);
        area.free(second);
        assertThat(area.available(6 * 65_536, 512)).isEqualTo(1);
    }

    @Test
    void tightestRequestsServeFirst() {
        BufferArea area = area(0, LARGE, SMALL);

        allocate(area, SMALL);

        assertThat(area.available(LARGE.size(), LARGE.alignment())).isEqualTo(LARGE.count());
    }

    private BufferArea area(int prefix, BufferArea.Shape... shapes) {
        BufferArea area = new BufferArea(prefix);
        assertThat(area.reserve(memory, List.of(shapes))).isTrue();
        return area;
    }

    private static MemorySegment allocate(BufferArea area, BufferArea.Shape shape) {
        return Objects.requireNonNull(area.allocate(shape.size(), shape.alignment()));
    }
}
