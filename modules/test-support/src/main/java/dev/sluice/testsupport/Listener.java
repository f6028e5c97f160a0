package dev.sluice.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/// A loopback port that opens a connection to the server for each client, and keeps track of both.
final class Listener {

    /// Small, so that bytes which the receiver does not read stay with the sender.
    private static final int TAKEN_UNASKED = 256 << 10;

    private final InetSocketAddress server;
    private final ServerSocket socket;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final BiConsumer<Socket, Socket> served;

    /// @param served receives each client's socket and the server's, on a thread of its own, and closes both
    Listener(InetSocketAddress server, BiConsumer<Socket, Socket> served) {
        this.server = server;
        this.served = served;
        try {
            socket = new ServerSocket();
            socket.setReceiveBufferSize(TAKEN_UNASKED);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void start() {
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return socket.getLocalPort();
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + port());
    }

    private void accept() {
        while (true) {
            try {
                Socket client = known(socket.accept());
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException _) {
                return; // closed
            }
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket upstream = connect()) {
            served.accept(client, upstream);
        } catch (IOException _) {
            // There is no server, and so there is no connection.
        }
    }

    /// A further connection to the server behind, which the caller closes.
    Socket connect() throws IOException {
        return known(new Socket(server.getAddress(), server.getPort()));
    }

    private Socket known(Socket one) throws IOException {
        // A message that is relayed in two pieces must not wait for an acknowledgement between them.
        one.setTcpNoDelay(true);
        sockets.add(one);
        if (socket.isClosed()) {
            one.close();
        }
        return one;
    }

    /// Cuts every open connection, and accepts new ones.
    void cut() {
        sockets.removeIf(one -> {
            try {
                one.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return true;
        });
    }

    void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cut();
    }
}
