package dev.sluice.sidecar.notify;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.serve.http.HttpApi;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/// A receiver on loopback that remembers its requests, and answers as it was told.
final class HttpReceiver implements AutoCloseable {

    private final HttpServer server;
    private final CountDownLatch released = new CountDownLatch(1);
    private final Queue<Integer> answers = new ConcurrentLinkedQueue<>();
    private volatile boolean hangs;
    final List<Received> requests = new CopyOnWriteArrayList<>();

    @SuppressWarnings("ArrayRecordComponent") // read once
    record Received(String method, String path, String id, String timestamp, String signature, byte[] body) {}

    static {
        // The JDK reads the limits of its servers once in a process, and tests of the service run in this one, too.
        var _ = HttpApi.on(new ListenAddress("127.0.0.1", 0));
    }

    HttpReceiver() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            try (exchange) {
                var headers = exchange.getRequestHeaders();
                requests.add(new Received(
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().getPath(),
                        String.valueOf(headers.getFirst("Sluice-Id")),
                        String.valueOf(headers.getFirst("Sluice-Timestamp")),
                        String.valueOf(headers.getFirst("Sluice-Signature")),
                        exchange.getRequestBody().readAllBytes()));
                if (hangs) {
                    released.await();
                }
                Integer next = answers.poll();
                int status = next == null ? 200 : next;
                if (status == 302) {
                    exchange.getResponseHeaders().set("Location", "/elsewhere");
                }
                exchange.sendResponseHeaders(status, -1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    /// The next answers; 200 after them.
    HttpReceiver answering(Integer... statuses) {
        answers.addAll(List.of(statuses));
        return this;
    }

    HttpReceiver hanging() {
        hangs = true;
        return this;
    }

    String url(String path) {
        return "http://127.0.0.1:%s%s".formatted(server.getAddress().getPort(), path);
    }

    @Override
    public void close() {
        released.countDown();
        server.stop(0);
    }
}
