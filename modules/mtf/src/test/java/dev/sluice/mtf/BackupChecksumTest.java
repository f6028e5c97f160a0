package dev.sluice.mtf;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BackupChecksumTest {
    private static final long SEED = 20_260_101;
    private static final int SECTOR = 512;

    private final byte[] data = new byte[64 * SECTOR];

    BackupChecksumTest() {
        random().nextBytes(data);
    }

    @ParameterizedTest(name = "in pieces of {0}, seed " + SEED)
    @ValueSource(ints = {1, 3, 7, 8, 13, 511, 512, 513, 4096, 32768})
    void isWhatItsDefinitionSaysHoweverTheBytesArrive(int piece) {
        BackupChecksum checksum = new BackupChecksum();
        MemorySegment memory = MemorySegment.ofArray(data);

        for (int at = 0; at < data.length; at += piece) {
            checksum.update(memory, at, Math.min(piece, data.length - at));
        }

        assertThat(checksum.value()).isEqualTo(wordByWord(data));
    }

    @ParameterizedTest(name = "sector {0} with its successor, seed " + SEED)
    @ValueSource(ints = {0, 1, 31, 62})
    void noticesSectorsThatChangedPlaces(int sector) {
        byte[] swapped = data.clone();
        System.arraycopy(data, sector * SECTOR, swapped, (sector + 1) * SECTOR, SECTOR);
        System.arraycopy(data, (sector + 1) * SECTOR, swapped, sector * SECTOR, SECTOR);

        assertThat(of(swapped)).isNotEqualTo(of(data));
    }

    @ParameterizedTest(name = "at {0}, seed " + SEED)
    @ValueSource(ints = {0, 511, 512, 20_000, 32_767})
    void noticesAChangedByte(int at) {
        byte[] changed = data.clone();
        changed[at] ^= 0x10;

        assertThat(of(changed)).isNotEqualTo(of(data));
    }

    private static int of(byte[] bytes) {
        BackupChecksum checksum = new BackupChecksum();
        checksum.update(MemorySegment.ofArray(bytes), 0, bytes.length);
        return checksum.value();
    }

    private static int wordByWord(byte[] bytes) {
        ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int sum = 0;
        while (words.hasRemaining()) {
            int sector = 0;
            for (int i = 0; i < SECTOR / Integer.BYTES; i++) {
                sector ^= words.getInt();
            }
            sum = Integer.rotateLeft(sum, 1) ^ sector;
        }
        return sum;
    }

    private static RandomGenerator random() {
        return RandomGeneratorFactory.getDefault().create(SEED);
    }
}
