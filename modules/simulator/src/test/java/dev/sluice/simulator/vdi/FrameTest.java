package dev.sluice.simulator.vdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FrameTest {

    private final ByteBuffer wire =
            ByteBuffer.allocate(Frame.HEADER + Frame.PAYLOAD_LIMIT).order(ByteOrder.LITTLE_ENDIAN);

    @ParameterizedTest
    @EnumSource
    void everyTypeComesBackAsItWent(Frame.Type type) throws IOException {
        VDConfig config = new VDConfig(
                3, new Features(0x52000), 0, 512, 0, 0, Duration.ofSeconds(9), 512, 4, 1 << 20, 0x9000_0000L);
        boolean configured = type == Frame.Type.HELLO || type == Frame.Type.CONFIGURED;
        Frame frame = new Frame(
                type,
                -1,
                0x80770004,
                1 << 20,
                7,
                1L << 40,
                2,
                3,
                new Frame.Payload(configured ? config : null, "n\u00e4me"));

        frame.encode(wire);

        assertThat(Frame.decode(wire)).isEqualTo(frame);
    }

    /// Offset of a field, and a value that it cannot have.
    @ParameterizedTest
    @CsvSource({"0, 1", "4, 0", "4, 21", "4, -1", "48, -1", "48, 1025", "52, 1"})
    void refusesWhatIsNoFrame(int offset, int value) {
        Frame.of(Frame.Type.ABORT, "why").encode(wire);
        wire.putInt(offset, value);

        assertThatThrownBy(() -> Frame.decode(wire)).isInstanceOf(BrokenProtocolException.class);
    }

    @Test
    void cutsATextThatIsTooLong() throws IOException {
        Frame.of(Frame.Type.ABORT, "x".repeat(5_000)).encode(wire);

        assertThat(Frame.decode(wire).payload().text()).hasSize(980);
    }
}
