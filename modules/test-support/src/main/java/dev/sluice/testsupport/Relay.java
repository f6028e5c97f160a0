package dev.sluice.testsupport;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A TCP relay on a loopback port of its own: it passes bytes on until a test tells it otherwise.
///
/// **Threading:** a test may call it from any thread; each call holds from the next bytes on, on every connection.
///
/// **Ownership:** [#close()] ends its connections and its threads.
public final class Relay implements AutoCloseable {

    private static final int CHUNK = 16 << 10;
    private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(1);

    private final Listener listener;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final CompletableFuture<Void> stuck = new CompletableFuture<>();
    private volatile boolean held;
    private volatile boolean frozen;
    private volatile @Nullable String sticking;
    private volatile long nanosPerByte;
    private long free = System.nanoTime();

    private Relay(InetSocketAddress server) {
        listener = new Listener(server, this::serve);
        listener.start();
    }

    /// A relay to a port of 127.0.0.1.
    public static Relay to(int port) {
        return new Relay(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /// A relay to the host and port of an address.
    public static Relay to(URI server) {
        return new Relay(new InetSocketAddress(server.getHost(), server.getPort()));
    }

    /// Its port on 127.0.0.1.
    public int port() {
        return listener.port();
    }

    /// The relay's own address, as that of an HTTP server.
    public URI endpoint() {
        return listener.endpoint();
    }

    /// Holds back the server's bytes: the client can send, and receives nothing.
    public void hold() {
        held = true;
    }

    /// Ends [#hold()]; the bytes that were held back arrive.
    public void release() {
        held = false;
    }

    /// Passes nothing on any more, in either direction, and keeps the connections open, as a frozen server does.
    public void freeze() {
        frozen = true;
    }

    /// Freezes each connection on which bytes with this text arrive in one piece; the others go on.
    ///
    /// @param text ASCII
    /// @return completes when the first connection is frozen
    public CompletableFuture<Void> freezeAt(String text) {
        sticking = text;
        return stuck;
    }

    /// Passes the clients' bytes on at this rate, over all connections; the server's bytes are not slowed.
    public void throttle(long bytesPerSecond) {
        nanosPerByte = TimeUnit.SECONDS.toNanos(1) / bytesPerSecond;
    }

    private void serve(Socket client, Socket server) {
        Thread answers = Thread.ofVirtual().start(() -> pass(server, client, true));
        pass(client, server, false);
        try {
            answers.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass(Socket from, Socket to, boolean answers) {
        byte[] chunk = new byte[CHUNK];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                if (frozen || sticks(chunk, count)) {
                    closed.await();
                    return;
                }
                while (answers && held && closed.getCount() > 0) {
                    LockSupport.parkNanos(LOOK);
                }
                if (!answers) {
                    pace(count);
                }
                out.write(chunk, 0, count);
                out.flush();
            }
        } catch (IOException _) {
            // One side has closed its connection; so does the relay.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean sticks(byte[] chunk, int count) {
        String text = sticking;
        boolean sticks = text != null && new String(chunk, 0, count, StandardCharsets.ISO_8859_1).contains(text);
        if (sticks) {
            stuck.complete(null);
        }
        return sticks;
    }

    /// A slow network, not a wait for something to happen.
    private void pace(int bytes) {
        if (nanosPerByte == 0) {
            return;
        }
        long until;
        synchronized (this) {
            free = Math.max(free, System.nanoTime()) + bytes * nanosPerByte;
            until = free;
        }
        for (long left = until - System.nanoTime();
                closed.getCount() > 0 && left > 0;
                left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        listener.close();
    }
}
