package dev.sluice.sidecar;

import java.io.BufferedInputStream;
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
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Stands between a client and an S3 server, passes everything on, and springs a trap at the n-th request of a
/// kind: before the server sees it, or after it has done it and before the client hears of it. Or it answers
/// some requests itself, and the server never sees them.
///
/// It understands just enough HTTP/1.1 for that.
final class TrappedProxy implements AutoCloseable {

    /// @param request which requests, by method and path with query
    /// @param nth     which of them, from 1
    /// @param after   whether the server does it first
    /// @param sprung  what happens; the connection is cut when it returns true, and otherwise goes on
    record Trap(Predicate<String> request, int nth, boolean after, BooleanSupplier sprung) {}

    /// What it says in the server's place.
    record Answer(int status, String contentType, String body) {}

    private static final String SKEWED =
            "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message></Error>";
    private static final Pattern SIGNED_AT = Pattern.compile("(?im)^x-amz-date: *(\\d{8}T\\d{6}Z)");
    private static final DateTimeFormatter BASIC =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssX", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final URI server;
    private final ServerSocket listener;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger matches = new AtomicInteger();
    private volatile @Nullable Trap trap;
    private volatile Function<String, @Nullable Answer> rule = _ -> null;
    private volatile @Nullable Duration clock;

    TrappedProxy(URI server) {
        this.server = server;
        try {
            this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    /// From now on; null for none.
    void set(@Nullable Trap next) {
        trap = null;
        matches.set(0);
        requests.clear();
        trap = next;
    }

    /// From now on, answers requests for which the rule has an answer, by method and path with query.
    void answer(Function<String, @Nullable Answer> next) {
        rule = next;
        requests.clear();
    }

    /// From now on, the server's clock is this much before ours, and it takes no request of another time.
    void setClock(Duration before) {
        clock = before;
    }

    /// Since the trap, or the rule, was set.
    List<String> requests() {
        return List.copyOf(requests);
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
        byte[] body = in.readNBytes(contentLength(head));
        String line = head.substring(0, head.indexOf(" HTTP/1.1"));
        requests.add(line);
        Answer own = rule.apply(line);
        if (own != null) {
            byte[] text = own.body().getBytes(StandardCharsets.UTF_8);
            String answer = "HTTP/1.1 %d Ruled\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
                    .formatted(own.status(), own.contentType(), text.length);
            client.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
            if (!line.startsWith("HEAD ")) {
                client.getOutputStream().write(text);
            }
            client.getOutputStream().flush();
            return true;
        }
        Trap armed = trap;
        boolean springs = armed != null && armed.request().test(line) && matches.incrementAndGet() == armed.nth();
        if (springs && !armed.after() && armed.sprung().getAsBoolean()) {
            return false;
        }
        Duration before = clock;
        if (before != null && !inTime(head, Instant.now().plus(before))) {
            client.getOutputStream()
                    .write(dated(
                                    "HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\n"
                                            + (line.startsWith("HEAD ")
                                                    ? "Content-Length: 0\r\n\r\n"
                                                    : "Content-Length: " + SKEWED.length() + "\r\n\r\n" + SKEWED),
                                    before)
                            .getBytes(StandardCharsets.ISO_8859_1));
            client.getOutputStream().flush();
            return true;
        }
        upstream.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
        upstream.getOutputStream().write(body);
        upstream.getOutputStream().flush();
        String answerHead = before == null ? head(answers) : dated(head(answers), before);
        byte[] answer = line.startsWith("HEAD ") ? new byte[0] : answerBody(answerHead, answers);
        if (springs && armed.after() && armed.sprung().getAsBoolean()) {
            return false;
        }
        OutputStream back = client.getOutputStream();
        back.write(answerHead.getBytes(StandardCharsets.ISO_8859_1));
        back.write(answer);
        back.flush();
        return true;
    }

    private static boolean inTime(String head, Instant now) {
        Matcher date = SIGNED_AT.matcher(head);
        return date.find()
                && Duration.between(BASIC.parse(date.group(1), Instant::from), now)
                                .abs()
                                .compareTo(Duration.ofMinutes(15))
                        <= 0;
    }

    private static String dated(String head, Duration before) {
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                Instant.now().plus(before).atOffset(ZoneOffset.UTC));
        return head.replaceFirst("(?im)^Date:.*\r\n", "").replaceFirst("\r\n", "\r\nDate: " + date + "\r\n");
    }

    /// Up to and including the empty line; empty at the end of the stream.
    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int ending = 0;
        while (ending < 4) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            head.write(next);
            ending = next == (ending % 2 == 0 ? '\r' : '\n') ? ending + 1 : next == '\r' ? 1 : 0;
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
                throw new IOException("the server went away");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
