package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

import dev.sluice.simulator.tds.JdbcClient.Mode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What a session asks for that is not known here is refused by number, and the session goes on. Peers that do
/// not make sense lose their connection, the log says why, and no other session notices.
@Timeout(30)
class TdsRobustnessTest {

    private final ToyEngine engine = new ToyEngine();
    private CapturedLog log;
    private TdsServer server;

    @BeforeEach
    void start() throws IOException {
        log = new CapturedLog(TdsConnection.class);
        server = TdsServer.start(TdsOptions.defaults().withLargestMessage(100_000), engine);
    }

    @AfterEach
    void stop() {
        server.close();
        log.close();
    }

    static Stream<Arguments> nonsense() {
        return Stream.of(
                Arguments.of("an HTTP request", ascii("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "no TDS packet"),
                Arguments.of("zeros", new byte[64], "no TDS packet"),
                Arguments.of("a packet shorter than its header", hex("1201000700000000"), "claims 7"),
                Arguments.of("a packet above the limit", hex("1201800000000000"), "claims 32768"),
                Arguments.of("a batch before the login", hex("0101000800000000"), "BATCH message came where PRELOGIN"),
                Arguments.of("an empty prelogin", hex("1201000800000000"), "the message ends"),
                Arguments.of("a prelogin that points out of itself", hex("1201000e0000000000ffff0006ff"), "points to"),
                Arguments.of("a TLS record that is none", hex("1603010005ffffffffff"), "SSL"),
                Arguments.of(
                        "another type in the middle of a message",
                        hex("1200000900000000aa0101000800000000"),
                        "before"));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("nonsense")
    void closesAConnectionThatBeginsWithNonsense(String what, byte[] bytes, String reason) throws Exception {
        try (Connection other = JdbcClient.connect(server, Mode.ENCRYPTED);
                RawClient client = new RawClient(server)) {
            client.socket.getOutputStream().write(bytes);
            client.receiveToEnd();

            assertLogged(reason);
            assertThat(other.isValid(5)).isTrue();
        }
    }

    /// @param number that refuses it
    private record Unknown(String what, int type, WireBuffer body, int number) {
        @Override
        public String toString() {
            return what;
        }
    }

    private static Stream<Unknown> unknown() {
        List<Unknown> all = new ArrayList<>();
        for (int id : new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 14}) {
            all.add(rpc("procedure " + id + ", a cursor or one that has no handle", 2812, numbered(id)));
        }
        for (int id : new int[] {10, 11, 12, 13, 15}) {
            all.add(rpc("procedure " + id + " without arguments", 50000, numbered(id)));
        }
        for (int id : new int[] {0, 16, 99, 0xFFFF}) {
            all.add(rpc("procedure " + id + ", which there is not", 50000, numbered(id)));
        }
        for (String name : new String[] {"sp_cursoropen", "SP_CursorPrepExec", "sp_cursorfetch"}) {
            all.add(rpc(name, 2812, RawClient.headers().longText(name).u16(0)));
        }
        all.add(rpc("a handle that is a text", 50000, argument(numbered(12), SqlType.nvarchar(10), "x")));
        all.add(rpc("a handle that was never given", 8179, argument(numbered(12), SqlType.INT, 4711)));
        all.add(rpc("a handle to give back that was never given", 8179, argument(numbered(15), SqlType.INT, 4711)));
        for (int type : new int[] {0x1F, 0x22, 0x30, 0x34, 0x38, 0x3D, 0x62, 0x63, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5}) {
            all.add(rpc(
                    "a parameter of the wire type " + type,
                    50000,
                    numbered(10).u8(0).u8(0).u8(type)));
        }
        all.add(rpc(
                "a decimal of 99 digits",
                50000,
                numbered(10).u8(0).u8(0).u8(0x6C).u8(17).u8(99).u8(0)));
        all.add(rpc(
                "a text that is longer than the message",
                50000,
                numbered(10).u8(0).u8(0).u8(0xE7).u16(8000)));
        all.add(rpc(
                "a call that ends in its name",
                50000,
                RawClient.headers().u16(40).u16('s')));
        all.add(new Unknown("a call without headers", 0x03, new WireBuffer(), 50000));
        all.add(new Unknown("headers shorter than themselves", 0x01, new WireBuffer().bytes(hex("03000000")), 50000));
        all.add(new Unknown("headers longer than the message", 0x01, new WireBuffer().bytes(hex("ffffff7f")), 50000));
        all.add(new Unknown("half a character", 0x01, new WireBuffer().bytes(hex("0400000041")), 50000));
        all.add(new Unknown("a bulk load", 0x07, new WireBuffer().bytes(new byte[20]), 50000));
        for (int type : new int[] {0x00, 0x02, 0x05, 0x08, 0x0F, 0x13, 0x47, 0xFF}) {
            all.add(new Unknown("a message of type " + type, type, new WireBuffer().bytes(new byte[12]), 50000));
        }
        for (PacketType type :
                new PacketType[] {PacketType.RESPONSE, PacketType.LOGIN7, PacketType.SSPI, PacketType.PRELOGIN}) {
            all.add(new Unknown(
                    "a " + type + " in a session", type.code(), new WireBuffer().bytes(new byte[12]), 50000));
        }
        return all.stream();
    }

    private static WireBuffer numbered(int id) {
        return RawClient.headers().u16(0xFFFF).u16(id).u16(0);
    }

    private static WireBuffer argument(WireBuffer call, SqlType type, Object value) {
        call.u8(0).u8(0);
        TypeInfo.write(type, call);
        TypeCodec.write(type, value, call);
        return call;
    }

    private static Unknown rpc(String what, int number, WireBuffer body) {
        return new Unknown(what, PacketType.RPC.code(), body, number);
    }

    /// All in one session, so each is followed by requests that are answered.
    @Test
    void refusesByNumberWhatItDoesNotKnowAndGoesOn() throws Exception {
        try (RawClient client = RawClient.loggedIn(server)) {
            for (Unknown each : unknown().toList()) {
                client.send(each.type(), Message.END_OF_MESSAGE, each.body().toByteArray());
                WireInput answer = new WireInput(client.receive());
                assertThat(answer.u8()).as("an error for %s", each).isEqualTo(0xAA);
                answer.u16();
                assertThat(answer.i32()).as("the number for %s", each).isEqualTo(each.number());
                assertThat(lastStatus(answer)).as("the end of %s", each).isEqualTo(0x02);

                client.sendBatch("SET X");
                assertThat(client.receive()).as("what follows %s", each).isEqualTo(hex("fd000000000000000000000000"));
            }
        }
        assertThat(log.lines()).isEmpty();
    }

    /// Of the DONE or DONEPROC at the end of a message.
    private static int lastStatus(WireInput answer) throws ProtocolException {
        answer.skip(answer.remaining() - 13);
        assertThat(answer.u8()).isIn(0xFD, 0xFE);
        return answer.u16();
    }

    /// Headers that this server does not read may be there: notifications, traces, and what comes later.
    @Test
    void takesHeadersThatItDoesNotKnow() throws Exception {
        try (RawClient client = RawClient.loggedIn(server)) {
            WireBuffer batch = new WireBuffer();
            batch.i32(4 + 18 + 14).i32(18).u16(2).i64(0).i32(1);
            batch.i32(14).u16(0x7777).i64(-1).utf16("SET X");
            client.send(PacketType.BATCH, Message.END_OF_MESSAGE, batch.toByteArray());

            assertThat(client.receive()).isEqualTo(hex("fd000000000000000000000000"));
        }
    }

    /// jTDS asks for 7.1, with a login that no PRELOGIN precedes. The error's line has two bytes for it, and the
    /// count in DONE four.
    @Test
    void tellsAClientOfAnOlderTdsWhyItIsRefusedInItsOwnForm() throws Exception {
        for (int version : new int[] {0x70000000, 0x71000001}) {
            for (boolean prelogin : new boolean[] {false, true}) {
                try (RawClient client = new RawClient(server)) {
                    if (prelogin) {
                        client.send(PacketType.PRELOGIN, Message.END_OF_MESSAGE, RawClient.prelogin());
                        client.receive();
                    }
                    client.send(PacketType.LOGIN7, Message.END_OF_MESSAGE, RawClient.login7("sa", "secret", version));

                    WireInput answer = new WireInput(client.receive());
                    assertThat(answer.u8()).isEqualTo(0xAA);
                    int length = answer.u16();
                    int behind = answer.remaining() - length;
                    assertThat(answer.i32()).isEqualTo(50000);
                    answer.u16();
                    assertThat(answer.utf16(answer.u16()))
                            .contains("TDS 7.2", String.format(Locale.ROOT, "0x%08X", version));
                    answer.utf16(answer.u8());
                    answer.utf16(answer.u8());
                    assertThat(answer.remaining() - behind)
                            .as("bytes of the line")
                            .isEqualTo(2);
                    answer.u16();
                    assertThat(answer.bytes(answer.remaining())).isEqualTo(hex("fd0200000000000000"));
                    client.receiveToEnd();
                }
            }
        }
        assertThat(engine.logins).isEmpty();
    }

    @Test
    void survivesRandomBytes() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 30; i++) {
            try (RawClient client = new RawClient(server)) {
                byte[] noise = new byte[1 + random.nextInt(300)];
                random.nextBytes(noise);
                noise[0] = (byte) (random.nextBoolean() ? 0x12 : 0x16);
                client.socket.getOutputStream().write(noise);
                client.socket.shutdownOutput();
                client.receiveToEnd();
            }
        }
        try (Connection connection = JdbcClient.connect(server, Mode.STRICT)) {
            assertThat(connection.isValid(5)).as("seed %d", seed).isTrue();
        }
        assertThat(engine.logins).as("seed %d", seed).hasSize(1);
    }

    @Test
    void survivesDamagedLoginsAndCalls() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] call = call();
        for (int i = 0; i < 25; i++) {
            try (RawClient client = RawClient.loggedIn(server)) {
                byte[] damaged = call.clone();
                for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
                    damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
                }
                client.send(PacketType.RPC, Message.END_OF_MESSAGE, damaged);
                client.socket.shutdownOutput();
                client.receiveToEnd();
            }
            try (RawClient client = new RawClient(server)) {
                client.send(PacketType.PRELOGIN, Message.END_OF_MESSAGE, RawClient.prelogin());
                client.receive();
                byte[] login = RawClient.login7("sa", "secret");
                login[random.nextInt(94)] = (byte) random.nextInt();
                client.send(PacketType.LOGIN7, Message.END_OF_MESSAGE, login);
                client.socket.shutdownOutput();
                client.receiveToEnd();
            }
        }
        assertThat(log.lines()).as("seed %d", seed).noneMatch(line -> line.startsWith("ERROR"));
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR)) {
            assertThat(connection.isValid(5)).as("seed %d", seed).isTrue();
        }
    }

    private static byte[] call() {
        WireBuffer call = RawClient.headers().u16(0xFFFF).u16(10).u16(0);
        for (String text : new String[] {"SELECT 1", "@P0 nvarchar(10)", "x"}) {
            call.u8(0).u8(0);
            TypeInfo.write(SqlType.nvarchar(4000), call);
            TypeCodec.write(SqlType.nvarchar(4000), text, call);
        }
        return call.toByteArray();
    }

    @Test
    void closesWhenAMessageIsLargerThanTheLimit() throws Exception {
        try (RawClient client = RawClient.loggedIn(server)) {
            byte[] part = new byte[30_000];
            for (int i = 0; i < 4; i++) {
                client.send(PacketType.BATCH, 0, part);
            }
            client.receiveToEnd();

            assertLogged("larger than the limit of 100000 bytes");
        }
        assertThat(engine.batches).isEmpty();
    }

    @Test
    void closesWhenNobodyLogsInForTooLong() throws Exception {
        TdsOptions options = TdsOptions.defaults().withTimeouts(Duration.ofMillis(300), Duration.ofSeconds(20));
        try (TdsServer impatient = TdsServer.start(options, engine);
                RawClient silent = new RawClient(impatient);
                RawClient halfway = new RawClient(impatient)) {
            halfway.socket.getOutputStream().write(hex("120100"));
            silent.receiveToEnd();
            halfway.receiveToEnd();

            await().atMost(Duration.ofSeconds(5))
                    .untilAsserted(() -> assertThat(log.lines()).hasSize(2));
            assertLogged("SocketTimeoutException");
        }
    }

    @Test
    void closesWhenARequestIsNotFinishedInTime() throws Exception {
        TdsOptions options = TdsOptions.defaults().withTimeouts(Duration.ofSeconds(20), Duration.ofMillis(300));
        try (TdsServer impatient = TdsServer.start(options, engine);
                RawClient client = RawClient.loggedIn(impatient)) {
            client.socket.getOutputStream().write(hex("010100"));
            client.receiveToEnd();

            assertLogged("SocketTimeoutException");
        }
        await().atMost(Duration.ofSeconds(5)).until(() -> engine.closed.size() == 1);
    }

    @Test
    void closesWhenThePeerEndsInTheMiddleOfARequest() throws Exception {
        try (RawClient client = RawClient.loggedIn(server)) {
            client.socket.getOutputStream().write(hex("010100ff00000000aabbcc"));
            client.socket.shutdownOutput();
            client.receiveToEnd();

            assertLogged("3 bytes into 247 of a packet");
        }
    }

    @Test
    void closesWhenRequestsPileUpUnanswered() throws Exception {
        engine.on("WAITFOR", (_, _, cancellation) -> cancellation.await(Duration.ofSeconds(20)));
        try (RawClient client = RawClient.loggedIn(server)) {
            for (int i = 0; i < 12; i++) {
                client.sendBatch("WAITFOR");
            }
            client.receiveToEnd();

            assertLogged("requests came before one was answered");
        }
        await().atMost(Duration.ofSeconds(5)).until(() -> engine.closed.size() == 1);
    }

    @Test
    void endsASessionWhoseClientDoesNotReadWhenItVanishes() throws Exception {
        engine.on("SELECT endlessly", (_, out, _) -> {
            out.resultSet(List.of(new Column("n", SqlType.BIGINT)));
            for (long i = 0; ; i++) {
                out.row(i);
            }
        });
        try (RawClient client = RawClient.loggedIn(server)) {
            client.sendBatch("SELECT endlessly");
            client.receiveOnePacket();
        }
        await().atMost(Duration.ofSeconds(5)).until(() -> engine.closed.size() == 1);
    }

    @Test
    void saysWhichPortItCannotHave() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            TdsOptions options = TdsOptions.defaults().withPort(taken.getLocalPort());

            assertThatIOException()
                    .isThrownBy(() -> TdsServer.start(options, engine).close())
                    .withMessageContaining("127.0.0.1:" + taken.getLocalPort());
        }
    }

    private void assertLogged(String reason) {
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(log.lines())
                        .anySatisfy(line -> assertThat(line)
                                .startsWith("INFO connection broken")
                                .contains("127.0.0.1")
                                .contains(reason)));
    }
}
