package dev.sluice.simulator.tds;

import dev.sluice.simulator.regional.Collation;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;

/// How a [TdsServer] presents itself and what it puts up with.
///
/// @param port on 127.0.0.1; 0 takes any that is free
/// @param encryption what is answered to clients that ask, or do not ask, for TLS
/// @param serverName as in errors and `@@SERVERNAME`
/// @param programName as in the login's acknowledgement
/// @param collation that clients are told after their login
/// @param largestPacket in bytes, 512 to 32767; clients get what they ask for up to this
/// @param largestMessage in bytes; a client that sends more is cut off
/// @param loginTimeout from the connection to the answer of the login
/// @param messageTimeout from the first byte of a request to its last
public record TdsOptions(
        int port,
        Encryption encryption,
        String serverName,
        String programName,
        ServerVersion version,
        Collation collation,
        int largestPacket,
        int largestMessage,
        Duration loginTimeout,
        Duration messageTimeout) {

    private static final int SMALLEST_PACKET = 512;

    public TdsOptions {
        if (port < 0 || port > 0xFFFF) {
            throw new IllegalArgumentException("a port is 0 to 65535, got " + port);
        }
        if (largestPacket < SMALLEST_PACKET || largestPacket > PacketReader.LARGEST_PACKET) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "TDS packets have %d to %d bytes, got %d",
                    SMALLEST_PACKET,
                    PacketReader.LARGEST_PACKET,
                    largestPacket));
        }
        if (largestMessage < PacketWriter.DEFAULT_PACKET) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "a login alone may need %d bytes, the limit for messages is %d",
                    PacketWriter.DEFAULT_PACKET,
                    largestMessage));
        }
        if (!loginTimeout.isPositive() || !messageTimeout.isPositive()) {
            throw new IllegalArgumentException(
                    "timeouts are above zero, got %s and %s".formatted(loginTimeout, messageTimeout));
        }
    }

    /// Any port, encryption as an ordinary SQL Server 2022, messages up to 64 MiB, 15 s to log in, 60 s for a
    /// message.
    public static TdsOptions defaults() {
        return new TdsOptions(
                0,
                Encryption.OFF,
                "SLUICE",
                "Microsoft SQL Server",
                new ServerVersion(16, 0, 4096),
                Collation.DEFAULT,
                PacketReader.LARGEST_PACKET,
                64 << 20,
                Duration.ofSeconds(15),
                Duration.ofSeconds(60));
    }

    public TdsOptions withPort(int value) {
        return with(copy -> copy.port = value);
    }

    public TdsOptions withEncryption(Encryption value) {
        return with(copy -> copy.encryption = value);
    }

    public TdsOptions withServerName(String value) {
        return with(copy -> copy.serverName = value);
    }

    public TdsOptions withVersion(ServerVersion value) {
        return with(copy -> copy.version = value);
    }

    public TdsOptions withCollation(Collation value) {
        return with(copy -> copy.collation = value);
    }

    public TdsOptions withLargestMessage(int value) {
        return with(copy -> copy.largestMessage = value);
    }

    public TdsOptions withTimeouts(Duration login, Duration message) {
        return with(copy -> {
            copy.loginTimeout = login;
            copy.messageTimeout = message;
        });
    }

    /// The packet size for a client that asks for one.
    int packetSize(int asked) {
        return asked <= 0 ? PacketWriter.DEFAULT_PACKET : Math.clamp(asked, SMALLEST_PACKET, largestPacket);
    }

    private TdsOptions with(Consumer<Copy> change) {
        var copy = new Copy(this);
        change.accept(copy);
        return copy.done();
    }

    /// The components of changed options, until there are all of them.
    private static final class Copy {
        private int port;
        private Encryption encryption;
        private String serverName;
        private String programName;
        private ServerVersion version;
        private Collation collation;
        private int largestPacket;
        private int largestMessage;
        private Duration loginTimeout;
        private Duration messageTimeout;

        Copy(TdsOptions from) {
            port = from.port;
            encryption = from.encryption;
            serverName = from.serverName;
            programName = from.programName;
            version = from.version;
            collation = from.collation;
            largestPacket = from.largestPacket;
            largestMessage = from.largestMessage;
            loginTimeout = from.loginTimeout;
            messageTimeout = from.messageTimeout;
        }

        TdsOptions done() {
            return new TdsOptions(
                    port,
                    encryption,
                    serverName,
                    programName,
                    version,
                    collation,
                    largestPacket,
                    largestMessage,
                    loginTimeout,
                    messageTimeout);
        }
    }
}
