package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PacketsTest {

    private static final int LIMIT = 1000;

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    private static PacketReader reader(String bytes) {
        return new PacketReader(new ByteArrayInputStream(hex(bytes)), LIMIT);
    }

    /// A stream that gives one byte at a time, as a slow network may.
    private static InputStream drip(byte[] bytes) {
        return new FilterInputStream(new ByteArrayInputStream(bytes)) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return super.read(target, offset, Math.min(length, 1));
            }
        };
    }

    @Test
    void joinsPacketsToAMessageHoweverTheBytesArrive() throws Exception {
        byte[] two = hex("01 00 000a 0000 01 00 aabb" + "01 09 0009 0000 02 00 cc" + "06 01 0008 0000 01 00");
        PacketReader reader = new PacketReader(drip(two), LIMIT);

        Message batch = reader.readMessage();
        assertThat(batch.type()).isEqualTo(PacketType.BATCH);
        assertThat(batch.body()).isEqualTo(hex("aabbcc"));
        assertThat(batch.resetsConnection()).isTrue();
        assertThat(batch.keepsTransaction()).isFalse();
        assertThat(batch.ignored()).isFalse();

        Message attention = reader.readMessage();
        assertThat(attention.type()).isEqualTo(PacketType.ATTENTION);
        assertThat(attention.body()).isEmpty();
        assertThat(reader.awaitMessage()).isFalse();
    }

    @Test
    void refusesLengthsThatCannotBe() {
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> reader("01 01 0007 0000 01 00").readMessage())
                .withMessageContaining("claims 7");
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> reader("01 01 8000 0000 01 00").readMessage())
                .withMessageContaining("claims 32768");
    }

    @Test
    void refusesMessagesAboveTheLimit() {
        String packet = "01 00 0208 0000 01 00" + "00".repeat(512);
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> reader(packet + packet).readMessage())
                .withMessageContaining("limit of 1000 bytes");
    }

    @Test
    void refusesUnknownAndChangingTypes() {
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> reader("47 45 0008 0000 01 00").readMessage())
                .withMessageContaining("0x47");
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> reader("01 00 0008 0000 01 00" + "03 01 0008 0000 02 00")
                        .readMessage())
                .withMessageContaining("0x03");
    }

    @Test
    void tellsWhereAStreamBrokeOff() {
        assertThatExceptionOfType(EOFException.class)
                .isThrownBy(() -> reader("").readMessage());
        assertThatExceptionOfType(EOFException.class)
                .isThrownBy(() -> reader("01 01 00").readMessage())
                .withMessageContaining("2 bytes into 7");
        assertThatExceptionOfType(EOFException.class)
                .isThrownBy(() -> reader("01 01 000a 0000 01 00 aa").readMessage())
                .withMessageContaining("1 bytes into 2");
        assertThatExceptionOfType(EOFException.class)
                .isThrownBy(() -> reader("01 00 0009 0000 01 00 aa").readMessage())
                .withMessageContaining("between the packets");
    }

    @Test
    void cutsAMessageAndNumbersItsPackets() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PacketWriter writer = new PacketWriter(out, PacketType.RESPONSE, 0x0133, 12);

        writer.write(hex("0102030405"), 0, 5);
        writer.flush();
        writer.write(hex("060708"), 0, 3);
        writer.endMessage();
        writer.endMessage();

        assertThat(out.toByteArray())
                .isEqualTo(hex("04 00 000c 0133 01 00 01020304"
                        + "04 00 0009 0133 02 00 05"
                        + "04 01 000b 0133 03 00 060708"
                        + "04 01 0008 0133 01 00"));
    }

    @Test
    void doesNotSendAnEmptyPacketForAnEmptyFlush() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PacketWriter writer = new PacketWriter(out, PacketType.RESPONSE, 51, 12);

        writer.flush();

        assertThat(out.size()).isZero();
    }

    @Test
    void readsBackWhatItWroteInAnyPacketSize() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 50; i++) {
            byte[] body = new byte[random.nextInt(LIMIT)];
            random.nextBytes(body);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            PacketWriter writer = new PacketWriter(out, PacketType.RESPONSE, 51, 9 + random.nextInt(200));
            int split = body.length == 0 ? 0 : random.nextInt(body.length);
            writer.write(body, 0, split);
            writer.flush();
            writer.write(body, split, body.length - split);
            writer.endMessage();

            assertThat(new PacketReader(drip(out.toByteArray()), LIMIT)
                            .readMessage()
                            .body())
                    .as("seed %d", seed)
                    .isEqualTo(body);
        }
    }
}
