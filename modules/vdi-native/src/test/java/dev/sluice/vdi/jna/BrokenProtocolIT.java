package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.jna.ScriptedServer.Outcome;
import dev.sluice.vdi.jna.ScriptedServer.Script;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Frames that no honest peer sends, in both directions. The frames are put together here by hand, byte by byte.
class BrokenProtocolIT {

    private static final int ATTACH = 1;
    private static final int HELLO = 2;
    private static final int CONFIGURED = 3;
    private static final int MEMORY = 4;
    private static final int MAPPED = 5;
    private static final int OPEN = 9;
    private static final int ANSWER = 10;
    private static final int FETCH = 11;
    private static final int COMMAND = 13;
    private static final int COMPLETE = 16;

    @RegisterExtension
    final Simulator simulator = new Simulator();

    /// A frame with the fields in their order.
    private static byte[] frame(
            int type,
            long token,
            int code,
            int size,
            long position,
            long offset,
            int chunk,
            int bytes,
            byte... payload) {
        return ByteBuffer.allocate(56 + payload.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x31494456)
                .putInt(type)
                .putLong(token)
                .putInt(code)
                .putInt(size)
                .putLong(position)
                .putLong(offset)
                .putInt(chunk)
                .putInt(bytes)
                .putInt(payload.length)
                .putInt(0)
                .put(payload)
                .array();
    }

    private static byte[] frame(int type, byte... payload) {
        return frame(type, 0, 0, 0, 0, 0, 0, 0, payload);
    }

    private static byte[] config(int devices, String key) {
        byte[] name = key.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(44 + name.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(devices)
                .position(44)
                .put(name)
                .array();
    }

    private static void send(SocketChannel channel, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static ByteBuffer read(SocketChannel channel) throws IOException {
        ByteBuffer header = fill(channel, 56);
        fill(channel, header.getInt(48));
        return header;
    }

    private static ByteBuffer fill(SocketChannel channel, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new IOException("the connection ended");
            }
        }
        return buffer.flip();
    }

    private Path path(String name) {
        return simulator.directory().resolve(name);
    }

    private ServerSocketChannel listen(String name) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path(name)));
    }

    private SocketChannel connect(String name) throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(path(name)));
    }

    // A false client, played by the test, against the simulator's server.

    static Stream<byte[]> badGreetings() {
        byte[] wrongMagic = frame(HELLO, config(1, "greeting"));
        wrongMagic[0] ^= 1;
        byte[] hugePayload = frame(HELLO, config(1, "greeting"));
        hugePayload[50] = 1;
        byte[] negativePayload = frame(HELLO, config(1, "greeting"));
        negativePayload[51] = (byte) 0x80;
        return Stream.of(
                new byte[0],
                new byte[] {1, 2, 3},
                wrongMagic,
                hugePayload,
                negativePayload,
                frame(0),
                frame(99),
                frame(ATTACH),
                frame(HELLO),
                frame(HELLO, config(1, "another set")),
                frame(HELLO, config(65, "greeting")),
                "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: something long enough\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
    }

    @ParameterizedTest
    @MethodSource("badGreetings")
    void aServerRefusesAMalformedGreeting(byte[] greeting) throws Exception {
        try (ServerSocketChannel listening = listen("n-greeting.c")) {
            var server = simulator.server().newServerSet();
            FutureTask<Boolean> opening = CrossProcessIT.start(() -> {
                server.open(null, "greeting");
                return true;
            });
            try (SocketChannel control = listening.accept()) {
                read(control);
                send(control, greeting);
            }

            assertThatThrownBy(() -> opening.get(2, TimeUnit.SECONDS))
                    .rootCause()
                    .hasMessageContaining("Open(\"greeting\")")
                    .hasMessageMatching("(?s).*VD_E_INVALID.*");
        } finally {
            Files.deleteIfExists(path("n-greeting.c"));
        }
    }

    static Stream<byte[]> badDeviceFrames() {
        return Stream.of(
                frame(COMPLETE, 12345, 0, 0, 0, 0, 0, 0),
                frame(HELLO, config(1, "x")),
                frame(77),
                new byte[60],
                // Four commands are there, the fifth GetCommand waits, and there cannot be a sixth.
                repeat(6, frame(FETCH, 0, 1, 0, 0, 0, 0, 0)),
                // The first command has token 1; too many bytes for its buffer.
                concat(frame(FETCH, 0, 1, 0, 0, 0, 0, 0), frame(COMPLETE, 1, 0, 0, 0, 0, 0, 64 << 20)));
    }

    private static byte[] repeat(int times, byte[] frame) {
        ByteBuffer all = ByteBuffer.allocate(times * frame.length);
        while (all.hasRemaining()) {
            all.put(frame);
        }
        return all.array();
    }

    private static byte[] concat(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    @ParameterizedTest
    @MethodSource("badDeviceFrames")
    void aServerAbortsWhenADeviceSpeaksNonsense(byte[] nonsense) throws Exception {
        try (ServerSocketChannel listening = listen("n-device.c")) {
            // More commands than a client fetches, so that the script cannot end before the nonsense is heard.
            Script script = Script.backup("device", 1, 64 << 20, 64 << 10);
            FutureTask<Outcome> server =
                    CrossProcessIT.start(new ScriptedServer(simulator.server().newServerSet(), script)::run);
            try (SocketChannel _ = greetAndAwaitConfiguration(listening, "device");
                    SocketChannel device = connect("n-device.0000000000000007.s")) {
                send(device, frame(OPEN, "device".getBytes(StandardCharsets.UTF_8)));
                assertThat(read(device).getInt(16)).isZero();

                send(device, nonsense);

                assertThat(server.get(5, TimeUnit.SECONDS).codes())
                        .isNotEmpty()
                        .containsOnly(CompletionCode.ERROR_OPERATION_ABORTED);
            }
        } finally {
            Files.deleteIfExists(path("n-device.c"));
        }
    }

    @Test
    void aServerAbortsWhenTheControlConnectionSpeaksNonsense() throws Exception {
        try (ServerSocketChannel listening = listen("n-control.c")) {
            Script script = Script.backup("control", 1, 64 << 20, 64 << 10);
            FutureTask<Outcome> server =
                    CrossProcessIT.start(new ScriptedServer(simulator.server().newServerSet(), script)::run);
            try (SocketChannel control = greetAndAwaitConfiguration(listening, "control")) {
                send(control, frame(MAPPED, 0, 0, 0, 0, 0, 4711, 0));

                assertThat(goodness(server)).isFalse();
            }
        } finally {
            Files.deleteIfExists(path("n-control.c"));
        }
    }

    /// An abort that comes early enough is an exception from a call of the server's.
    private static boolean goodness(FutureTask<Outcome> server) throws Exception {
        try {
            return server.get(5, TimeUnit.SECONDS).good();
        } catch (ExecutionException e) {
            assertThat(e).rootCause().hasMessageContaining("VD_E_ABORT");
            return false;
        }
    }

    private static SocketChannel greetAndAwaitConfiguration(ServerSocketChannel listening, String key)
            throws IOException {
        SocketChannel control = listening.accept();
        assertThat(read(control).getInt(4)).isEqualTo(ATTACH);
        send(control, frame(HELLO, 7, 0, 0, 0, 0, 0, 0, config(1, key)));
        while (read(control).getInt(4) != CONFIGURED) {
            // Memory comes first.
        }
        return control;
    }

    // A false server, played by the test, against the library.

    private static final VDConfig ONE = VDConfig.request(1, Features.LIKE_PIPE);

    @Test
    void aClientIgnoresStrangersAndWaitsForItsServer() throws Exception {
        ClientVirtualDeviceSet client = Simulator.Face.LINUX.vdi().newClientSet();
        client.create(null, "strangers", ONE);
        for (byte[] stranger : new byte[][] {{}, {1, 2, 3}, new byte[200], frame(COMMAND), frame(99)}) {
            try (SocketChannel channel = connect("n-strangers.c")) {
                send(channel, stranger);
            }
        }

        Script script = Script.backup("strangers", 1, 1 << 20, 64 << 10);
        FutureTask<Outcome> server =
                CrossProcessIT.start(new ScriptedServer(simulator.server().newServerSet(), script)::run);
        new ClientPumps(client, script.deviceNames()).run();
        client.close();
        assertThat(server.get(10, TimeUnit.SECONDS).good()).isTrue();
    }

    @Test
    void aClientAbortsWhenItsServerSpeaksNonsense() throws Exception {
        ClientVirtualDeviceSet client = Simulator.Face.LINUX.vdi().newClientSet();
        client.create(null, "nonsense", ONE);
        try (SocketChannel control = connect("n-nonsense.c")) {
            send(control, frame(ATTACH));
            assertThat(read(control).getInt(4)).isEqualTo(HELLO);
            send(control, new byte[56]);

            assertThatThrownBy(() -> client.getConfiguration(Timeouts.INFINITE)).hasMessageContaining("VD_E_ABORT");
        }
        client.close();
    }

    static Stream<byte[]> badMemory() {
        byte[] outside = "../../etc/passwd".getBytes(StandardCharsets.US_ASCII);
        byte[] another = "n-memory.c".getBytes(StandardCharsets.US_ASCII);
        return Stream.of(
                frame(MEMORY, 0, 0, 0, 65536, 0, 0, 0, outside),
                frame(MEMORY, 0, 0, 0, 65536, 0, 0, 0, another),
                frame(MEMORY, 0, 0, 0, 1 << 30, 0, 0, 0),
                frame(MEMORY, 0, 0, 0, -1, 0, 0, 0),
                frame(MEMORY, 0, 0, 0, 65536, 17, 0, 0),
                frame(MEMORY, 0, 0, 0, Long.MAX_VALUE, 4096, 0, 0));
    }

    /// A file that is shorter than announced can be mapped, but the first access beyond its end would kill the
    /// process.
    @ParameterizedTest
    @MethodSource("badMemory")
    void aClientRefusesToMapUnusableMemory(byte[] memory) throws Exception {
        ClientVirtualDeviceSet client = Simulator.Face.LINUX.vdi().newClientSet();
        client.create(null, "memory", ONE);
        try (SocketChannel control = connect("n-memory.c")) {
            send(control, frame(ATTACH));
            long nonce = read(control).getLong(8);
            Path file = Files.write(path("n-memory." + HexFormat.of().toHexDigits(nonce) + ".0.m"), new byte[65536]);
            boolean named =
                    ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN).getInt(48) > 0;
            send(control, named ? memory : withPayload(memory, String.valueOf(file.getFileName())));

            assertThat(read(control).getInt(16)).isNotZero();
            assertThatThrownBy(() -> client.getConfiguration(Timeouts.INFINITE)).hasMessageContaining("VD_E_ABORT");
        }
        client.close();
    }

    private static byte[] withPayload(byte[] frame, String payload) {
        byte[] text = payload.getBytes(StandardCharsets.UTF_8);
        byte[] whole = concat(frame, text);
        ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putInt(48, text.length);
        return whole;
    }

    static Stream<byte[]> badAnswersToFetch() {
        return Stream.of(
                frame(COMMAND, 1, 2, 65536, 0, 4096, 0, 0),
                frame(COMMAND, 1, 2, 65536, 0, -4096, 0, 0),
                frame(COMMAND, 1, 2, -1, 0, 0, 0, 0),
                frame(COMMAND, 1, 2, 4096, 0, Long.MAX_VALUE, 0, 0),
                frame(COMMAND, 1, 1, 70000, 0, 0, 0, 0),
                frame(HELLO, config(1, "x")),
                new byte[56]);
    }

    @ParameterizedTest
    @MethodSource("badAnswersToFetch")
    void aClientAbortsOnACommandForMemoryThatIsNotShared(byte[] answer) throws Exception {
        ClientVirtualDeviceSet client = Simulator.Face.LINUX.vdi().newClientSet();
        client.create(null, "fetch", ONE);
        try (SocketChannel control = connect("n-fetch.c")) {
            send(control, frame(ATTACH));
            String life = "n-fetch." + HexFormat.of().toHexDigits(read(control).getLong(8));
            Path file = Files.write(path(life + ".0.m"), new byte[65536]);
            try (ServerSocketChannel listening = listen(life + ".s")) {
                send(control, withPayload(frame(MEMORY, 0, 0, 0, 65536, 0, 0, 0), String.valueOf(file.getFileName())));
                send(control, frame(CONFIGURED, config(1, "")));
                assertThat(read(control).getInt(16)).as("mapped").isZero();
                client.getConfiguration(Simulator.PROMPTLY);
                FutureTask<Fetched> fetching = CrossProcessIT.start(() -> {
                    ClientVirtualDevice device = client.openDevice("fetch");
                    return device.getCommand(Timeouts.INFINITE);
                });
                try (SocketChannel device = listening.accept()) {
                    read(device);
                    send(device, frame(ANSWER));
                    read(device);
                    send(device, answer);

                    assertThat(fetching.get(5, TimeUnit.SECONDS)).isInstanceOf(Fetched.Aborted.class);
                }
            }
        }
        client.close();
    }
}
