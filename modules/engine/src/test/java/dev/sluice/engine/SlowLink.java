package dev.sluice.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// A TCP relay to an HTTP server that lets requests through at so many bytes a second in all.
final class SlowLink implements AutoCloseable {

    private static final int CHUNK = 16 << 10;

    private final ServerSocket listener;
    private final URI target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final long nanosPerByte;
    private volatile boolean open = true;
    private long free = System.nanoTime();

    SlowLink(URI target, long bytesPerSecond) throws IOException {
        this.target = target;
        this.nanosPerByte = TimeUnit.SECONDS.toNanos(1) / bytesPerSecond;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    private void accept() {
        while (open) {
            try {
                Socket client = listener.accept();
                Socket server = new Socket(target.getHost(), target.getPort());
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                sockets.add(client);
                sockets.add(server);
                Thread.ofVirtual().start(() -> relay(client, server, true));
                Thread.ofVirtual().start(() -> relay(server, client, false));
            } catch (IOException e) {
                if (open) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void relay(Socket from, Socket to, boolean slowly) {
        byte[] chunk = new byte[CHUNK];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                if (slowly) {
                    await(n);
                }
                out.write(chunk, 0, n);
                out.flush();
            }
        } catch (IOException e) {
            // One of the ends has gone; so does the other.
        }
    }

    private void await(int bytes) {
        long until;
        synchronized (this) {
            free = Math.max(free, System.nanoTime()) + bytes * nanosPerByte;
            until = free;
        }
        for (long left = until - System.nanoTime(); open && left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    @Override
    public void close() throws IOException {
        open = false;
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
