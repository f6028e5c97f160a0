package dev.sluice.s3;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Stands between a client and an S3 server, passes requests on, and spoils those that a script picks.
///
/// It understands just enough HTTP/1.1 for that: requests with a Content-Length, and answers with one, chunked, or
/// none. Each connection of the client has a thread, and a connection to the server of its own.
final class FaultyProxy implements AutoCloseable {
    /// What happens to a request.
    enum Fault {
        NONE,
        /// The server never sees it; the answer is 500.
        ERROR_500,
        /// The server never sees it; the answer is 503 SlowDown.
        SLOW_DOWN,
        /// The connection is reset after half of the body was taken.
        RESET_IN_BODY,
        /// Bytes are taken, and nothing ever answers.
        BLACK_HOLE,
        /// Not even bytes are taken.
        FROZEN,
        /// The server does what was asked, and its answer is lost with the connection.
        LOST_ANSWER,
        /// The server does what was asked, and the client is told 500.
        DONE_BUT_500,
        /// Status 200 with an error in the body; the server never sees the request.
        OK_WITH_ERROR,
        /// The answer breaks off in the middle of its body.
        CUT_ANSWER,
        /// The answer stops in the middle of its body, and the connection stays.
        STALLED_ANSWER,
        /// One bit of the request's body is flipped.
        FLIPPED_BIT
    }

    /// @param line  method and path with query
    /// @param bytes length of the body
    record Request(String line, int bytes) {
        boolean is(String method, String part) {
            return line.startsWith(method + " ") && line.contains(part);
        }
    }

    /// Decides on each request; `times` counts the requests with this very line, from 1.
    @FunctionalInterface
    interface Script {
        Fault decide(Request request, int times);
    }

    private static final Pattern SIGNED_AT = Pattern.compile("(?im)^x-amz-date: *(\\d{8}T\\d{6}Z)");
    private static final DateTimeFormatter BASIC =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssX", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final URI server;
    private final ServerSocket listener;
    private final ConcurrentHashMap<String, Integer> seen = new ConcurrentHashMap<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile Script script = (_, _) -> Fault.NONE;
    private volatile @Nullable Duration clock;
    private volatile boolean watchesTime;
    private volatile int bytesPerSecond = Integer.MAX_VALUE;

    FaultyProxy(URI server) {
        this.server = server;
        try {
            this.listener = new ServerSocket();
            // Small, so that what is not taken stays with the sender.
            listener.setReceiveBufferSize(256 * 1024);
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    /// From now on, spoils what the script picks; at first, nothing.
    void follow(Script next) {
        script = next;
    }

    long count(String method, String part) {
        return requests.stream().filter(request -> request.is(method, part)).count();
    }

    /// Bytes of the bodies of such requests.
    long bytes(String method, String part) {
        return requests.stream()
                .filter(request -> request.is(method, part))
                .mapToLong(Request::bytes)
                .sum();
    }

    /// Cuts every connection there is, as a firewall does to those that were silent for long.
    void cutConnections() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
    }

    /// From now on, the server's clock is this much before the tests', and it takes no request of another time.
    ///
    /// @param off null for a server that has no clock to speak of: it refuses everything and sends no Date
    void setClock(@Nullable Duration off) {
        clock = off;
        watchesTime = true;
    }

    /// From now on, bodies are taken no faster than this, per connection.
    void slowDownTo(int bytes) {
        bytesPerSecond = bytes;
    }

    @Override
    public void close() throws IOException {
        closed.complete(null);
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private void accept() {
        while (true) {
            try {
                Socket client = listener.accept();
                client.setTcpNoDelay(true);
                sockets.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException _) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket upstream = new Socket(server.getHost(), server.getPort())) {
            upstream.setTcpNoDelay(true);
            sockets.add(upstream);
            InputStream in = new BufferedInputStream(client.getInputStream());
            InputStream answers = new BufferedInputStream(upstream.getInputStream());
            while (exchange(client, in, upstream, answers)) {
                // the next request on this connection
            }
        } catch (IOException _) {
            // either side is gone, and so is this connection
        }
    }

    private boolean exchange(Socket client, InputStream in, Socket upstream, InputStream answers) throws IOException {
        String head = head(in);
        if (head.isEmpty()) {
            return false;
        }
        int length = contentLength(head);
        String line = head.substring(0, head.indexOf(" HTTP/1.1"));
        Request request = new Request(line, length);
        requests.add(request);
        Fault fault = script.decide(request, seen.merge(line, 1, Integer::sum));
        OutputStream back = client.getOutputStream();
        switch (fault) {
            case RESET_IN_BODY -> {
                body(in, length / 2);
                client.setOption(StandardSocketOptions.SO_LINGER, 0);
                return false;
            }
            case BLACK_HOLE -> {
                in.transferTo(OutputStream.nullOutputStream());
                return false;
            }
            case FROZEN -> {
                closed.join();
                return false;
            }
            case ERROR_500, SLOW_DOWN, OK_WITH_ERROR -> {
                body(in, length);
                back.write(error(fault));
                return true;
            }
            default -> {}
        }
        byte[] body = body(in, length);
        if (watchesTime && !inTime(head)) {
            back.write(tooSkewed(line));
            back.flush();
            return true;
        }
        if (fault == Fault.FLIPPED_BIT) {
            body[length / 2] ^= 1;
        }
        upstream.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
        upstream.getOutputStream().write(body);
        upstream.getOutputStream().flush();
        String answerHead = dated(head(answers));
        byte[] answer = line.startsWith("HEAD ") ? new byte[0] : answerBody(answerHead, answers);
        switch (fault) {
            case LOST_ANSWER -> {
                return false;
            }
            case DONE_BUT_500 -> {
                back.write(error(Fault.ERROR_500));
                return true;
            }
            default -> {}
        }
        back.write(answerHead.getBytes(StandardCharsets.ISO_8859_1));
        if (fault == Fault.CUT_ANSWER || fault == Fault.STALLED_ANSWER) {
            back.write(answer, 0, answer.length / 2);
            back.flush();
            if (fault == Fault.STALLED_ANSWER) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return false;
        }
        back.write(answer);
        back.flush();
        return true;
    }

    private @Nullable Instant now() {
        Duration off = clock;
        return off == null ? null : Instant.now().plus(off);
    }

    private boolean inTime(String head) {
        Instant now = now();
        Matcher date = SIGNED_AT.matcher(head);
        return now != null
                && date.find()
                && Duration.between(BASIC.parse(date.group(1), Instant::from), now)
                                .abs()
                                .compareTo(Duration.ofMinutes(15))
                        <= 0;
    }

    private byte[] tooSkewed(String line) {
        String xml = "<Error><Code>RequestTimeTooSkewed</Code><Message>Scripted.</Message></Error>";
        return dated("HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: "
                        + (line.startsWith("HEAD ") ? "0\r\n\r\n" : xml.length() + "\r\n\r\n" + xml))
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /// By the server's clock, if it is another one.
    private String dated(String head) {
        Instant now = now();
        String undated = watchesTime ? head.replaceFirst("(?im)^Date:.*\r\n", "") : head;
        return now == null
                ? undated
                : undated.replaceFirst(
                        "\r\n",
                        "\r\nDate: " + DateTimeFormatter.RFC_1123_DATE_TIME.format(now.atOffset(ZoneOffset.UTC))
                                + "\r\n");
    }

    private static byte[] error(Fault fault) {
        String status = fault == Fault.OK_WITH_ERROR
                ? "200 OK"
                : fault == Fault.SLOW_DOWN ? "503 Slow Down" : "500 Internal Server Error";
        String code = fault == Fault.SLOW_DOWN ? "SlowDown" : "InternalError";
        String xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code
                + "</Code><Message>Scripted.</Message><RequestId>R1</RequestId></Error>";
        return ("HTTP/1.1 " + status + "\r\nContent-Type: application/xml\r\nContent-Length: " + xml.length()
                        + "\r\n\r\n" + xml)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /// Up to and including the empty line; empty at the end of the stream.
    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int state = 0;
        while (state < 4) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            head.write(next);
            state = next == (state % 2 == 0 ? '\r' : '\n') ? state + 1 : next == '\r' ? 1 : 0;
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    private static int contentLength(String head) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .mapToInt(line -> Integer.parseInt(line.substring(15).trim()))
                .findFirst()
                .orElse(0);
    }

    private byte[] body(InputStream in, int length) throws IOException {
        byte[] body = new byte[length];
        int position = 0;
        while (position < length) {
            int count = in.readNBytes(body, position, Math.min(64 * 1024, length - position));
            if (count == 0) {
                throw new SocketException("The client went away");
            }
            position += count;
            pace(count);
        }
        return body;
    }

    /// A slow network, not a wait for something to happen.
    private void pace(int count) {
        if (bytesPerSecond != Integer.MAX_VALUE) {
            LockSupport.parkNanos(count * 1_000_000_000L / bytesPerSecond);
        }
    }

    private static byte[] answerBody(String head, InputStream in) throws IOException {
        if (!head.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked")) {
            return in.readNBytes(contentLength(head));
        }
        ByteArrayOutputStream raw = new ByteArrayOutputStream();
        while (true) {
            String size = line(in);
            raw.writeBytes((size + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            int length = Integer.parseInt(size.trim(), 16);
            raw.writeBytes(in.readNBytes(length + 2));
            if (length == 0) {
                return raw.toByteArray();
            }
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new SocketException("The server went away");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }
}
