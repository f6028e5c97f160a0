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
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Peers that do not make sense lose their connection, the log says why, and nobody else notices.
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
