package dev.sluice.simulator.generator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.mtf.BackupSetType;
import dev.sluice.mtf.inspect.Finding;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.xpress.XpressHuffman;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Generated compressed containers are inspected as real ones are, and unpack to the plain stream.
final class GeneratedContainerTest {
    private static final int RECORD_MARK = 0x21;

    @ParameterizedTest
    @CsvSource({
        "512, true, DATABASE",
        "512, false, LOG",
        "4096, true, DIFFERENTIAL",
        "4096, false, DATABASE",
        "32768, true, DATABASE"
    })
    void showTheirFrontAndUnpackToThePlainStream(int block, boolean checksums, BackupSetType type) {
        BackupRecipe recipe = new SyntheticBackup("Sales", 5)
                .type(type)
                .extents(Extents.of(1, 9))
                .logBytes(70_000)
                .blockSize(block)
                .checksums(checksums)
                .stripes(2)
                .recipe();
        for (int stripe = 0; stripe < 2; stripe++) {
            byte[] container = read(recipe.compressedStripe(stripe), 10_007);

            Inspection.Inspected inspected = Chunks.inspected(container, 777);

            assertThat(inspected.container()).isEqualTo(Inspection.Container.COMPRESSED);
            assertThat(inspected.findings()).isEmpty();
            assertThat(requireNonNull(inspected.media()).family()).isEqualTo(stripe + 1);
            assertThat(requireNonNull(inspected.provisional()).database()).isEqualTo("Sales");
            assertThat(requireNonNull(inspected.set()).guid()).isEqualTo(recipe.set());
            assertThat(unpacked(container, block)).isEqualTo(GeneratedStreamTest.bytes(recipe, stripe, 65_536));
            assertThat(read(recipe.compressedStripe(stripe), 1 << 20)).isEqualTo(container);
        }
    }

    @Test
    void showTheirFrontWithoutFilemarksToo() {
        byte[] container =
                read(new SyntheticBackup("Sales", 5).blockSize(512).recipe().compressedStripe(0), 4_096);
        byte[] without = new byte[container.length - 512];
        System.arraycopy(container, 0, without, 0, 1024);
        System.arraycopy(container, 1024 + 512, without, 1024, without.length - 1024);

        Inspection.Inspected inspected = Chunks.inspected(without, 777);

        assertThat(requireNonNull(inspected.provisional()).database()).isEqualTo("Sales");
    }

    @Test
    void keepTheirLabelWhenTheRestCannotBeUnpacked() {
        byte[] container =
                read(new SyntheticBackup("Sales", 5).blockSize(512).recipe().compressedStripe(0), 4_096);
        container[1536] = 0; // no record mark

        Inspection.Inspected inspected = Chunks.inspected(container, 777);

        assertThat(inspected.media()).isNotNull();
        assertThat(inspected.header()).isEmpty();
        assertThat(inspected.findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.kind()).isEqualTo(Finding.Kind.COMPRESSED_RECORD));
    }

    private static byte[] read(CompressedStream stream, int chunk) {
        byte[] all = new byte[Math.toIntExact(stream.length())];
        MemorySegment memory = MemorySegment.ofArray(all);
        for (int at = 0; at < all.length; at += chunk) {
            int n = Math.min(chunk, all.length - at);
            assertThat(stream.read(memory, at, n)).isEqualTo(n);
        }
        assertThat(stream.read(MemorySegment.ofArray(new byte[1]), 0, 1)).isZero();
        return all;
    }

    /// Walks records as the format describes them; filemarks stand on block boundaries between them.
    private static byte[] unpacked(byte[] container, int block) {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        int at = 480;
        while (at < container.length) {
            if (container[at] == RECORD_MARK) {
                int payload = Byte.toUnsignedInt(container[at + 2]) | (Byte.toUnsignedInt(container[at + 3]) << 8);
                byte[] out = new byte[Byte.toUnsignedInt(container[at + 1]) * 512];
                MemorySegment in = MemorySegment.ofArray(container).asSlice(at + 28, payload);
                assertThat(XpressHuffman.decompress(in, out)).isTrue();
                plain.writeBytes(out);
                at += 28 + payload;
            } else {
                int boundary = plain.size() <= Math.max(1024, block) ? plain.size() : (at + block - 1) / block * block;
                assertThat(new String(container, boundary, 4, StandardCharsets.US_ASCII))
                        .isEqualTo("SFMB");
                byte[] gap = Arrays.copyOfRange(container, at, boundary);
                if (gap.length >= 24) {
                    assertThat(gap[0]).isEqualTo((byte) 0x24);
                    assertThat(Byte.toUnsignedInt(gap[2]) | Byte.toUnsignedInt(gap[3]) << 8)
                            .isEqualTo(gap.length - 24);
                    Arrays.fill(gap, 0, 4, (byte) 0);
                }
                assertThat(gap).containsOnly(0);
                plain.write(container, boundary, block);
                at = boundary + block;
            }
        }
        return plain.toByteArray();
    }
}
