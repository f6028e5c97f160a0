package dev.sluice.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Between the SDK and the embedded S3: answers in its place, or changes what it says, as a test wants. For what
/// the embedded one does not have, such as storage classes.
///
/// Each request gets a connection of its own, which ends with its answer.
final class RewritingProxy implements AutoCloseable {

    /// @param line method, path and query
    record Request(String line) {
        boolean is(String method, String part) {
            return line.startsWith(method + " ") && line.contains(part);
        }
    }

    /// An answer, or what becomes of one.
    sealed interface Rule {
        /// In the server's place.
        record Answer(int status, Map<String, String> headers, String body) implements Rule {
            static Answer error(int status, String code) {
                return new Answer(
                        status, Map.of(), "<Error><Code>%s</Code><Message>Scripted.</Message></Error>".formatted(code));
            }
        }

        /// The server's answer with another head and body.
        record Change(UnaryOperator<String> head, UnaryOperator<String> body) implements Rule {}
    }

    /// Null for what the server says.
    @FunctionalInterface
    interface Script {
        @Nullable
        Rule decide(Request request);
    }

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final URI target;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private volatile Script script = _ -> null;

    RewritingProxy(URI target) throws IOException {
        this.target = target;
        Thread.ofVirtual().start(this::accept);
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    /// Counts anew from here.
    void follow(Script next) {
        script = next;
        requests.clear();
    }

    long count(String method, String part) {
        return requests.stream().filter(request -> request.is(method, part)).count();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                client.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> serve(client));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket client) {
        try (client) {
            InputStream in = client.getInputStream();
            String head = head(in);
            if (head.isEmpty()) {
                return;
            }
            byte[] body = in.readNBytes(length(head));
            Request request = new Request(head.substring(0, head.indexOf(" HTTP/")));
            requests.add(request);
            Rule rule = script.decide(request);
            byte[] answer = rule instanceof Rule.Answer(int status, var headers, String text)
                    ? answer(status, headers, text, request.line().startsWith("HEAD "))
                    : forwarded(head, body, rule);
            OutputStream out = client.getOutputStream();
            out.write(answer);
            out.flush();
        } catch (IOException e) {
            // One of them has closed.
        }
    }

    private byte[] forwarded(String head, byte[] body, @Nullable Rule rule) throws IOException {
        try (Socket server = new Socket(target.getHost(), target.getPort())) {
            server.setTcpNoDelay(true);
            OutputStream out = server.getOutputStream();
            out.write(closing(head).getBytes(StandardCharsets.ISO_8859_1));
            out.write(body);
            out.flush();
            InputStream in = server.getInputStream();
            String answered = head(in);
            byte[] content = in.readAllBytes();
            if (!(rule instanceof Rule.Change(var newHead, var newBody))) {
                return joined(closing(answered), content);
            }
            boolean chunked = answered.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked");
            // One character a byte: bodies may be backups.
            String text = new String(chunked ? unchunked(content) : content, StandardCharsets.ISO_8859_1);
            byte[] changed = newBody.apply(text).getBytes(StandardCharsets.ISO_8859_1);
            String kept = answered.lines()
                    .filter(line -> !line.isEmpty())
                    .filter(line -> !line.toLowerCase(Locale.ROOT).matches("(transfer-encoding|content-length):.*"))
                    .map(newHead)
                    .collect(Collectors.joining("\r\n"));
            return joined(closing(kept + "\r\nContent-Length: " + changed.length + "\r\n\r\n"), changed);
        }
    }

    private static byte[] answer(int status, Map<String, String> headers, String text, boolean isHead) {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Scripted\r\nContent-Type: application/xml\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        byte[] body = isHead ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
        if (!headers.containsKey("Content-Length")) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        return joined(closing(head + "\r\n"), body);
    }

    private static String closing(String head) {
        String kept = head.lines()
                .filter(line -> !line.isEmpty())
                .filter(line -> !line.toLowerCase(Locale.ROOT).startsWith("connection:"))
                .collect(Collectors.joining("\r\n"));
        return kept + "\r\nConnection: close\r\n\r\n";
    }

    private static byte[] joined(String head, byte[] body) {
        byte[] bytes = head.getBytes(StandardCharsets.ISO_8859_1);
        byte[] both = new byte[bytes.length + body.length];
        System.arraycopy(bytes, 0, both, 0, bytes.length);
        System.arraycopy(body, 0, both, bytes.length, body.length);
        return both;
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int matched = 0;
        while (matched < 4) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            head.write(next);
            matched = next == "\r\n\r\n".charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    private static int length(String head) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
    }

    private static byte[] unchunked(byte[] content) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        int at = 0;
        while (true) {
            int end = at;
            while (content[end] != '\r') {
                end++;
            }
            int size = Integer.parseInt(new String(content, at, end - at, StandardCharsets.ISO_8859_1), 16);
            if (size == 0) {
                return whole.toByteArray();
            }
            whole.write(content, end + 2, size);
            at = end + 2 + size + 2;
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
