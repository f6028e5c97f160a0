package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/// PRELOGIN and LOGIN7, byte by byte.
class LoginMessagesTest {

    private static final ServerVersion VERSION = new ServerVersion(16, 0, 4096);

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    @Test
    void readsWhatAClientAsksOfEncryption() throws Exception {
        assertThat(Prelogin.parse(RawClient.prelogin()).encryption()).isEqualTo(2);
        assertThat(Prelogin.parse(hex("01 0006 0001 ff 01")).encryption()).isEqualTo(1);
        assertThat(Prelogin.parse(hex("04 0006 0001 ff 00")).encryption()).isEqualTo(2); // says nothing
    }

    @Test
    void answersAPrelogin() {
        assertThat(Prelogin.answer(VERSION, 3))
                .isEqualTo(hex("00 001a 0006" + "01 0020 0001" + "02 0021 0001" + "03 0022 0000" + "04 0022 0001" + "ff"
                        + "10 00 1000 0000" + "03" + "00" + "00"));
    }

    @Test
    void refusesAPreloginThatPointsOutOfItself() {
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> Prelogin.parse(hex("01 00ff 0001 ff")))
                .withMessageContaining("bytes 255 to 256");
        assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> Prelogin.parse(hex("01 0006")));
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> Prelogin.parse(hex("01 0000 0001".repeat(70))))
                .withMessageContaining("64 options");
    }

    @Test
    void readsALogin() throws Exception {
        Login7 login = Login7.parse(RawClient.login7("sa", "pä€s"));

        assertThat(login.user()).isEqualTo("sa");
        assertThat(login.password()).isEqualTo("pä€s");
        assertThat(login.tdsVersion()).isEqualTo(0x74000004);
        assertThat(login.packetSize()).isEqualTo(4096);
        assertThat(login.database()).isEmpty();
        assertThat(login.integrated()).isFalse();
    }

    @Test
    void readsTheTokenOfASecurityProvider() throws Exception {
        byte[] token = {0x60, 1, 2};
        byte[] message = withToken(token, token.length, 0);

        assertThat(Login7.parse(message).integrated()).isTrue();
        assertThat(Login7.parse(message).sspi()).isEqualTo(ByteBuffer.wrap(token));
        assertThat(Login7.parse(withToken(token, 0xFFFF, token.length)).sspi())
                .as("the long length counts")
                .isEqualTo(ByteBuffer.wrap(token));
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> Login7.parse(withToken(token, 0, 0)))
                .withMessageContaining("brings no token");
        message[25] = 0;
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> Login7.parse(message))
                .withMessageContaining("does not ask for integrated security");
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> Login7.parse(withToken(token, 0xFFFF, 70_000)));
    }

    /// @param length     in the place of two bytes
    /// @param longLength in that of four
    private static byte[] withToken(byte[] token, int length, int longLength) {
        byte[] plain = RawClient.login7("", "");
        byte[] message = Arrays.copyOf(plain, plain.length + token.length);
        System.arraycopy(token, 0, message, plain.length, token.length);
        System.arraycopy(new WireBuffer().i32(message.length).toByteArray(), 0, message, 0, 4);
        message[25] = (byte) 0x80;
        WireBuffer pointer = new WireBuffer().u16(plain.length).u16(length);
        System.arraycopy(pointer.toByteArray(), 0, message, 78, 4);
        System.arraycopy(new WireBuffer().i32(longLength).toByteArray(), 0, message, 90, 4);
        return message;
    }

    @Test
    void undoesTheObfuscationOfAPassword() throws Exception {
        byte[] message = RawClient.login7("", "a");
        message[94] = (byte) 0xB3; // 'a' is 0x61: swapped 0x16, XOR 0xA5
        message[95] = (byte) 0xA5;

        assertThat(Login7.parse(message).password()).isEqualTo("a");
    }

    @Test
    void speaksTheVersionsWithWideRowCountsOnly() throws Exception {
        assertThat(withVersion(0x71000001).isSupported()).isFalse();
        assertThat(withVersion(0x72090002).isSupported()).isTrue();
        assertThat(withVersion(0x730B0003).agreedVersion()).isEqualTo(0x730B0003);
        assertThat(withVersion(0x74000004).agreedVersion()).isEqualTo(0x74000004);
        assertThat(withVersion(0x75000000).agreedVersion()).isEqualTo(0x74000004);
        assertThat(withVersion(0x08000000).isSupported()).isTrue();
        assertThat(withVersion(0x08000000).agreedVersion()).isEqualTo(0x08000000);
    }

    private static Login7 withVersion(int version) throws ProtocolException {
        byte[] message = RawClient.login7("sa", "x");
        System.arraycopy(new WireBuffer().i32(version).toByteArray(), 0, message, 4, 4);
        return Login7.parse(message);
    }

    @Test
    void refusesALoginThatPointsOutOfItself() {
        byte[] good = RawClient.login7("sa", "x");
        byte[] outside = good.clone();
        outside[40] = (byte) 0xFF;
        outside[41] = (byte) 0xFF;
        byte[] wrongLength = good.clone();
        wrongLength[0]++;

        assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> Login7.parse(outside));
        assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> Login7.parse(wrongLength));
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> Login7.parse(Arrays.copyOf(good, 93)))
                .withMessageContaining("at least 94");
    }
}
