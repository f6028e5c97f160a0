package dev.sluice.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// Keeps objects in memory, and records requests.
final class RecordingServer implements AutoCloseable {

    /// @param what the method and the last piece of the key, such as `PUT sums-….bin`
    /// @param lock mode and end of the requested lock; empty for none
    record Request(String what, String lock) {}

    private static final byte[] ABSENT = "<Error><Code>NoSuchKey</Code></Error>".getBytes(UTF_8);

    private final HttpServer server;
    private final Map<String, byte[]> objects = new ConcurrentSkipListMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();

    RecordingServer() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/bucket", this::serve);
        server.start();
    }

    S3Store store() {
        return S3Store.open(new StoreConfig(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                "us-east-1",
                "bucket",
                "",
                true,
                new StoreConfig.Credentials("key", "secret", null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                RetryPolicy.DEFAULT));
    }

    /// The requests since the last call.
    List<Request> asked() {
        List<Request> asked = List.copyOf(requests);
        requests.clear();
        return asked;
    }

    /// As above, by their names alone.
    List<String> names() {
        return asked().stream().map(Request::what).toList();
    }

    Map<String, byte[]> objects() {
        return objects;
    }

    private void serve(HttpExchange exchange) throws IOException {
        String key = exchange.getRequestURI().getPath().replaceFirst("^/bucket/?", "");
        String method = exchange.getRequestMethod();
        String mode = exchange.getRequestHeaders().getFirst("x-amz-object-lock-mode");
        String until = exchange.getRequestHeaders().getFirst("x-amz-object-lock-retain-until-date");
        requests.add(new Request(
                key.isEmpty() ? "LIST" : method + " " + key.substring(key.lastIndexOf('/') + 1),
                mode == null ? "" : mode + " " + until));
        byte[] body = exchange.getRequestBody().readAllBytes();
        if (key.isEmpty()) {
            list(exchange);
        } else if (method.equals("PUT")) {
            boolean there = exchange.getRequestHeaders().containsKey("If-None-Match") && objects.containsKey(key);
            if (!there) {
                objects.put(key, body);
            }
            answer(exchange, there ? 412 : 200, new byte[0]);
        } else if (method.equals("DELETE")) {
            objects.remove(key);
            answer(exchange, 204, new byte[0]);
        } else {
            byte[] object = objects.get(key);
            answer(exchange, object == null ? 404 : 200, object == null ? ABSENT : object);
        }
    }

    private void list(HttpExchange exchange) throws IOException {
        String prefix = exchange.getRequestURI().getQuery().replaceAll(".*prefix=([^&]*).*", "$1");
        StringBuilder page = new StringBuilder("<ListBucketResult><IsTruncated>false</IsTruncated>");
        objects.forEach((key, bytes) -> {
            if (key.startsWith(prefix)) {
                page.append("<Contents><Key>").append(key).append("</Key><ETag>\"e\"</ETag><Size>");
                page.append(bytes.length).append("</Size></Contents>");
            }
        });
        exchange.getResponseHeaders().set("Content-Type", "application/xml");
        answer(exchange, 200, page.append("</ListBucketResult>").toString().getBytes(UTF_8));
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("ETag", "\"e\"");
        boolean none = body.length == 0 || exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, none ? -1 : body.length);
        if (!none) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
