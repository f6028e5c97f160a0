package dev.sluice.sidecar;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/// A TCP relay that can hold back everything the server says: the client lives, sends, and hears nothing.
final class HeldLink implements AutoCloseable {

    private final ServerSocket listener;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile boolean held;
    private volatile boolean closed;

    /// @param port on 127.0.0.1
    HeldLink(int port) {
        this.port = port;
        try {
            this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    int localPort() {
        return listener.getLocalPort();
    }

    void hold() {
        held = true;
    }

    void release() {
        held = false;
    }

    private void accept() {
        while (true) {
            try {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                sockets.add(client);
                sockets.add(server);
                Thread.ofVirtual().start(() -> relay(client, server, false));
                Thread.ofVirtual().start(() -> relay(server, client, true));
            } catch (IOException _) {
                return;
            }
        }
    }

    private void relay(Socket from, Socket to, boolean holds) {
        byte[] chunk = new byte[16 << 10];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                while (holds && held && !closed) {
                    LockSupport.parkNanos(1_000_000);
                }
                out.write(chunk, 0, n);
                out.flush();
            }
        } catch (IOException _) {
            // One of the ends has gone; so does the other.
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
