package dev.sluice.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class Crc32cTest {

    @Test
    void combinesTheSumsOfTwoPiecesIntoTheSumOfTheWhole() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            byte[] whole = new byte[random.nextInt(10_000)];
            random.nextBytes(whole);
            int cut = random.nextInt(whole.length + 1);

            int combined = Crc32c.combine(sum(whole, 0, cut), sum(whole, cut, whole.length - cut), whole.length - cut);

            assertThat(combined)
                    .as("seed %d, %d of %d", seed, cut, whole.length)
                    .isEqualTo(sum(whole, 0, whole.length));
        }
    }

    @Test
    void combinesPiecesTooLongForAnArray() {
        long length = (1L << 45) + 12_345;

        assertThat(zeros(length, 2)).isEqualTo(zeros(length, 3));
    }

    /// The sum of `length` zero bytes, put together from pieces that depend on `ways`.
    private static int zeros(long length, int ways) {
        if (length <= 1024) {
            return sum(new byte[(int) length], 0, (int) length);
        }
        long piece = length / ways;
        int ofPiece = zeros(piece, ways);
        int whole = ofPiece;
        for (int i = 1; i < ways; i++) {
            whole = Crc32c.combine(whole, ofPiece, piece);
        }
        long rest = length - ways * piece;
        return Crc32c.combine(whole, zeros(rest, ways), rest);
    }

    @Test
    void writesSumsTheWayS3Does() {
        byte[] check = "123456789".getBytes(StandardCharsets.US_ASCII);

        assertThat(sum(check, 0, check.length)).isEqualTo(0xE3069283); // the check value of CRC-32C
        assertThat(Crc32c.base64(0xE3069283)).isEqualTo("4waSgw==");
    }

    @Test
    void blockSumsCombineIntoTheSumOfTheObject() {
        byte[] object = new byte[1000];
        new Random(1).nextBytes(object);
        BlockSums blocks = new BlockSums(
                300,
                new int[] {sum(object, 0, 300), sum(object, 300, 300), sum(object, 600, 300), sum(object, 900, 100)});

        assertThat(blocks.combined(1000)).isEqualTo(sum(object, 0, 1000));
        assertThat(BlockSums.ofHex(300, blocks.toHex())).isEqualTo(blocks);
    }

    static int sum(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }
}
