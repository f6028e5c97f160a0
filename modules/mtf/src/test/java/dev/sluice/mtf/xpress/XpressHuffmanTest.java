package dev.sluice.mtf.xpress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class XpressHuffmanTest {
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz";

    /// The alphabet: 22 letters of five bits, four letters and the end of four.
    private static byte[] alphabet() {
        byte[] compressed = new byte[XpressHuffman.TABLE + 20];
        Arrays.fill(compressed, 0x30, 0x3B, (byte) 0x55);
        compressed[0x30] = 0x50;
        compressed[0x3B] = 0x45;
        compressed[0x3C] = 0x44;
        compressed[0x3D] = 0x04;
        compressed[0x80] = 0x04;
        byte[] data = HexFormat.of().parseHex("d8523ed794115be9195ff9d67cdf8d0400000000");
        System.arraycopy(data, 0, compressed, XpressHuffman.TABLE, data.length);
        return compressed;
    }

    @Test
    void decompressesTheExampleOfItsSpecification() {
        byte[] out = new byte[ALPHABET.length()];

        assertThat(XpressHuffman.decompress(MemorySegment.ofArray(alphabet()), out))
                .isTrue();
        assertThat(new String(out, StandardCharsets.US_ASCII)).isEqualTo(ALPHABET);
    }

    @Test
    void inputThatIsCutOffIsRefused() {
        byte[] compressed = alphabet();
        for (int length = 0; length < XpressHuffman.TABLE + 8; length++) {
            byte[] cut = Arrays.copyOf(compressed, length);
            assertThat(XpressHuffman.decompress(MemorySegment.ofArray(cut), new byte[ALPHABET.length()]))
                    .as("%d bytes", length)
                    .isFalse();
        }
    }

    @Test
    void tablesThatAreNoCodeAreRefused() {
        byte[] tooMany = new byte[1024];
        Arrays.fill(tooMany, 0, XpressHuffman.TABLE, (byte) 0x11);

        assertThat(XpressHuffman.decompress(MemorySegment.ofArray(tooMany), new byte[10]))
                .isFalse();
        assertThat(XpressHuffman.decompress(MemorySegment.ofArray(new byte[1024]), new byte[10]))
                .isFalse();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 12, 13})
    void hostileInputNeitherThrowsNorHangs(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 3_000; round++) {
            byte[] compressed = Arrays.copyOf(alphabet(), XpressHuffman.TABLE + random.nextInt(200));
            if (random.nextBoolean()) {
                // A valid code whose symbols are matches as well as bytes.
                Arrays.fill(compressed, 0, XpressHuffman.TABLE, (byte) 0x99);
            }
            for (int at = XpressHuffman.TABLE; at < compressed.length; at++) {
                compressed[at] = (byte) random.nextInt();
            }
            if (random.nextInt(4) == 0) {
                compressed[random.nextInt(compressed.length)] = (byte) random.nextInt();
            }
            byte[] out = new byte[random.nextInt(200_000)];

            assertThatCode(() -> XpressHuffman.decompress(MemorySegment.ofArray(compressed), out))
                    .as("round %d", round)
                    .doesNotThrowAnyException();
        }
    }
}
