package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayoutTest {

    @Test
    void writesARequestAsElevenWordsInTheHeadersOrder() {
        VDConfig request = VDConfig.request(3, Features.LIKE_PIPE.with(Feature.REQUEST_COMPLETE))
                .withPrefixZone(4_096, 8_192)
                .withServerTimeout(Duration.ofSeconds(7));

        Memory memory = Layout.write(request);

        assertThat(memory.size()).isEqualTo(44);
        assertThat(memory.getIntArray(0, 11)).containsExactly(3, 0x2000, 4_096, 8_192, 0, 0, 7_000, 0, 0, 0, 0);
    }

    @Test
    void readsTheServersFieldsOfAConfiguration() {
        Memory memory = new Memory(44);
        memory.write(0, new int[] {1, 0x50000, 0, 512, 0, 0, 0, 512, 4, 4 << 20, 0x9000_0000}, 0, 11);

        VDConfig config = Layout.read(memory);

        assertThat(config.features().has(Feature.COMPLETE_ENABLED)).isTrue();
        assertThat(config.features().has(Feature.WRITE_MEDIA)).isTrue();
        assertThat(config.alignment()).isEqualTo(512);
        assertThat(config.blockSize()).isEqualTo(512);
        assertThat(config.maxIoDepth()).isEqualTo(4);
        assertThat(config.maxTransferSize()).isEqualTo(4 << 20);
        assertThat(config.bufferAreaSize()).isEqualTo(0x9000_0000L);
    }

    @ParameterizedTest
    @CsvSource({"PT0S, 0", "PT0.000001S, 1", "PT1S, 1000", "P49D, 4233600000", "P50D, 4294967294", "P10000D, 4294967294"
    })
    void aLongTimeoutNeverTurnsIntoNoneOrForEver(Duration timeout, long expected) {
        assertThat(Integer.toUnsignedLong(Layout.unsignedMillis(timeout))).isEqualTo(expected);
    }

    /// The memory form of {40700425-0080-11D2-851F-00C04FC21759}, byte by byte.
    @Test
    void identifiersHaveTheirFirstThreeFieldsInLittleEndian() {
        assertThat(Guid.CLIENT_VIRTUAL_DEVICE_SET_CLASS.bytes())
                .containsExactly(
                        0x25, 0x04, 0x70, 0x40, 0x80, 0x00, 0xd2, 0x11, 0x85, 0x1f, 0x00, 0xc0, 0x4f, 0xc2, 0x17, 0x59);
        assertThat(Guid.CLIENT_VIRTUAL_DEVICE_SET_2.toMemory().getByteArray(0, 16))
                .containsExactly(
                        0x07, 0xeb, 0xe6, 0xd0, 0x62, 0x7a, 0xd2, 0x11, 0x85, 0x73, 0x00, 0xc0, 0x4f, 0xc2, 0x17, 0x59);
    }

    @Test
    void aFilledCommandIsReadAtTheHeadersOffsets() {
        ByteBuffer command = ByteBuffer.allocate(Layout.COMMAND_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        command.putInt(2).putInt(1 << 20).putLong(77).putLong(0x7fff_0000_1000L);

        assertThat(command.getInt(Layout.COMMAND_CODE)).isEqualTo(2);
        assertThat(command.getInt(Layout.COMMAND_SIZE)).isEqualTo(1 << 20);
        assertThat(command.getLong(Layout.COMMAND_POSITION)).isEqualTo(77);
        assertThat(command.getLong(Layout.COMMAND_BUFFER)).isEqualTo(0x7fff_0000_1000L);
    }

    @Test
    void windowsStringsAreZeroTerminatedUtf16() {
        String name = "sluice-\u00e9\ud83d\ude00";
        Memory text = ComCalls.utf16(name);

        assertThat(text.getByteArray(0, (int) text.size()))
                .isEqualTo((name + "\0").getBytes(StandardCharsets.UTF_16LE));
    }
}
