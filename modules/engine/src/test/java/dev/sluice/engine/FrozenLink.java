package dev.sluice.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// A TCP relay on loopback that can stop relaying and keep its lines: what a server looks like that is frozen.
final class FrozenLink implements AutoCloseable {

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final CountDownLatch thawed = new CountDownLatch(1);
    private final int target;
    private final CompletableFuture<Void> holding = new CompletableFuture<>();
    private volatile boolean frozen;
    private volatile @Nullable String held;

    FrozenLink(int target) throws IOException {
        this.target = target;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    void freeze() {
        frozen = true;
    }

    /// Holds every line on which bytes with this text arrive, from then on; the others go on.
    ///
    /// @return completes with the first
    CompletableFuture<Void> hold(String text) {
        held = text;
        return holding;
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                sockets.add(client);
                sockets.add(server);
                Thread.ofVirtual().start(() -> relay(client, server));
                Thread.ofVirtual().start(() -> relay(server, client));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void relay(Socket from, Socket to) {
        byte[] chunk = new byte[16 << 10];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                String wanted = held;
                boolean holds = wanted != null && new String(chunk, 0, n, StandardCharsets.ISO_8859_1).contains(wanted);
                if (holds) {
                    holding.complete(null);
                }
                if (frozen || holds) {
                    thawed.await();
                    return;
                }
                out.write(chunk, 0, n);
                out.flush();
            }
        } catch (IOException e) {
            // One of the ends has gone; so does the other.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        thawed.countDown();
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
