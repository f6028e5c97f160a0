package dev.sluice.benchmarks.fleet;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/// Lets each request reach its server a while later, as a way of that length would, and counts requests. A request
/// without
/// a body is one write of the client's, and so one read here.
///
/// **Ownership:** [#close()] ends its threads and connections with the process.
final class LateRelay implements AutoCloseable {

    private static final int BUFFER = 64 << 10;

    private final ServerSocket listener;
    private final URI server;
    private final Duration late;
    private final AtomicLong requests = new AtomicLong();

    LateRelay(URI server, Duration late) throws IOException {
        this.server = server;
        this.late = late;
        this.listener = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    long requests() {
        return requests.get();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Socket behind = new Socket(server.getHost(), server.getPort());
                client.setTcpNoDelay(true);
                behind.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> pass(client, behind, true));
                Thread.ofVirtual().start(() -> pass(behind, client, false));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void pass(Socket from, Socket to, boolean requesting) {
        byte[] buffer = new byte[BUFFER];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (requesting) {
                    if (new String(buffer, 0, Math.min(count, 5), StandardCharsets.ISO_8859_1)
                            .matches("(GET|HEAD) ?.*")) {
                        requests.incrementAndGet();
                    }
                    Thread.sleep(late);
                }
                out.write(buffer, 0, count);
            }
        } catch (IOException e) {
            // The other side has ended.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
