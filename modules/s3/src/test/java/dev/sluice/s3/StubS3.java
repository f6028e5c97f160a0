package dev.sluice.s3;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// A server that records requests and gives the responses of a script. It tests the client's *requests*, where the
/// embedded server supports too little or behaves too well.
///
/// Without a script it plays one multipart upload.
final class StubS3 implements AutoCloseable {
    /// @param target path and query
    record Request(String method, String target, Map<String, String> headers, int bytes) {
        boolean is(String wanted, String part) {
            return method.equals(wanted) && target.contains(part);
        }

        /// The key id that signed it.
        String signer() {
            String authorization = headers.getOrDefault("authorization", "");
            return authorization.replaceAll("(?s).*Credential=([^/]*)/.*", "$1");
        }
    }

    /// @param headers besides Content-Type; one without a value is left out
    record Answer(int status, Map<String, String> headers, String body) {
        static Answer of(String body) {
            return new Answer(200, Map.of(), body);
        }

        static Answer error(int status, String code) {
            return new Answer(
                    status, Map.of(), "<Error><Code>%s</Code><Message>Scripted.</Message></Error>".formatted(code));
        }
    }

    /// Null for the usual answer.
    @FunctionalInterface
    interface Script {
        @Nullable
        Answer decide(Request request);
    }

    final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Map<String, Long> objects = new ConcurrentHashMap<>();
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final boolean tls;
    private volatile Script script = _ -> null;
    private final AtomicLong received = new AtomicLong();

    StubS3() {
        this(null);
    }

    StubS3(@Nullable SSLContext context) {
        tls = context != null;
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try {
            if (context == null) {
                server = HttpServer.create(address, 0);
            } else {
                HttpsServer https = HttpsServer.create(address, 0);
                https.setHttpsConfigurator(new HttpsConfigurator(context));
                server = https;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
    }

    URI endpoint() {
        return URI.create(
                (tls ? "https" : "http") + "://127.0.0.1:" + server.getAddress().getPort());
    }

    StoreConfig config() {
        return new StoreConfig(
                endpoint(),
                "us-east-1",
                "bucket",
                "",
                true,
                new StoreConfig.Credentials("key", "secret", null),
                ProviderProfile.AWS,
                TestS3.LIMITS,
                TestS3.IMPATIENT);
    }

    void follow(Script next) {
        script = next;
    }

    List<Request> seen(String method, String part) {
        return requests.stream().filter(request -> request.is(method, part)).toList();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            int bytes = (int) exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
            Map<String, String> headers = new ConcurrentHashMap<>();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
            Request request = new Request(
                    exchange.getRequestMethod(), exchange.getRequestURI().toString(), headers, bytes);
            requests.add(request);
            Answer scripted = script.decide(request);
            Answer answer = scripted == null ? usual(request) : scripted;
            Headers back = exchange.getResponseHeaders();
            back.set("Content-Type", "application/xml");
            if (request.method.equals("HEAD")) {
                back.set("Content-Length", Long.toString(objects.getOrDefault(path(request), received.get())));
            }
            answer.headers.forEach((name, value) -> {
                if (value.isEmpty()) {
                    back.remove(name);
                } else {
                    back.set(name, value);
                }
            });
            byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
            boolean none = body.length == 0 || request.method.equals("HEAD");
            exchange.sendResponseHeaders(answer.status, none ? -1 : body.length);
            if (!none) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    /// Stores a PutObject's object, for a script that gives a response of its own.
    void store(Request request) {
        objects.put(path(request), (long) request.bytes);
    }

    boolean has(String key) {
        return objects.keySet().stream().anyMatch(path -> path.endsWith(key));
    }

    private static String path(Request request) {
        return request.target.replaceAll("\\?.*", "");
    }

    private Answer usual(Request request) {
        String path = path(request);
        if (request.is("POST", "?uploads")) {
            return Answer.of("<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>");
        }
        if (request.is("PUT", "partNumber")) {
            received.addAndGet(request.bytes);
            return new Answer(200, Map.of("ETag", "\"part\""), "");
        }
        if (request.is("PUT", "") && !request.target.contains("?")) {
            store(request);
            return new Answer(200, Map.of("ETag", "\"whole-1\""), "");
        }
        if (request.is("POST", "uploadId")) {
            objects.put(path, received.get());
            return Answer.of("<CompleteMultipartUploadResult><ETag>\"whole-1\"</ETag></CompleteMultipartUploadResult>");
        }
        if (request.is("HEAD", "") && objects.containsKey(path)) {
            return new Answer(200, Map.of("ETag", "\"whole-1\"", "Last-Modified", "Wed, 25 Nov 2026 00:00:00 GMT"), "");
        }
        if (request.is("DELETE", "uploadId")) {
            return new Answer(204, Map.of(), "");
        }
        if (request.is("DELETE", "")) {
            objects.remove(path);
            return new Answer(204, Map.of(), "");
        }
        if (request.is("GET", "?uploads") || request.is("GET", "&uploads")) {
            return Answer.of(
                    "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
        }
        return Answer.error(404, request.is("GET", "uploadId") ? "NoSuchUpload" : "NoSuchKey");
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
