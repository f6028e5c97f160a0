package dev.sluice.simulator.generator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.mtf.xpress.XpressHuffman;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Encoded bytes come back from the decoder that reads real backups.
final class XpressEncoderTest {
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {21, 22})
    void encodedBytesComeBack(long seed) {
        Random random = new Random(seed);
        for (int size : new int[] {0, 1, 2, 511, 1024, 32_768, 65_536}) {
            byte[] data = new byte[size];
            for (int at = 0; at < size; at += 1 + random.nextInt(60)) {
                data[at] = (byte) random.nextInt(); // runs of zeros between
            }
            assertThat(decompressed(XpressEncoder.runs(data), size)).isEqualTo(data);
            random.nextBytes(data);
            assertThat(decompressed(XpressEncoder.runs(data), size)).isEqualTo(data);
            if (size % 2 == 0) {
                byte[] literals = new byte[XpressEncoder.literalsSize(size)];
                XpressEncoder.literals(data, size, literals, 0);
                assertThat(decompressed(literals, size)).isEqualTo(data);
            }
        }
    }

    private static byte[] decompressed(byte[] compressed, int size) {
        byte[] out = new byte[size];
        assertThat(XpressHuffman.decompress(MemorySegment.ofArray(compressed), out))
                .isTrue();
        return out;
    }
}
