package dev.sluice.testsupport;

import dev.sluice.testsupport.Reaction.Answer;
import dev.sluice.testsupport.Reaction.Change;
import dev.sluice.testsupport.Reaction.Fault;
import dev.sluice.testsupport.Reaction.Trap;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// An HTTP proxy between a client and a server, usually an S3 server. It passes requests on, and reacts to some of
/// them as a script says.
///
/// It understands as much HTTP/1.1 as it needs: requests with a Content-Length, and responses with one, chunked,
/// without a body, or with a body that ends with the connection. It passes each message on when it has read the
/// whole of it. Each connection of the client has a thread and a server connection of its own.
///
/// **Threading:** any thread may set a script and ask for the requests so far; the script runs on the connections'
/// threads.
///
/// **Ownership:** [#close()] ends its connections and its threads.
public final class FaultyProxy implements AutoCloseable {

    /// @param line  method and path with query
    /// @param head  the whole head, one character for each byte
    /// @param bytes length of the body
    public record Request(String line, String head, int bytes) {

        public boolean is(String method, String part) {
            return line.startsWith(method + " ") && line.contains(part);
        }

        boolean isHead() {
            return line.startsWith("HEAD ");
        }
    }

    /// Decides on each request.
    @FunctionalInterface
    public interface Script {

        /// @param times how many requests with this very line there were, this one included
        Reaction decide(Request request, int times);

        /// Passes everything on.
        static Script passing() {
            return (_, _) -> Fault.NONE;
        }

        /// Reacts to one of the requests of a kind.
        ///
        /// @param nth which of them, from 1
        static Script nth(Predicate<Request> kind, int nth, Reaction reaction) {
            AtomicInteger matches = new AtomicInteger();
            return (request, _) -> kind.test(request) && matches.incrementAndGet() == nth ? reaction : Fault.NONE;
        }
    }

    private final Listener listener;
    private final ConcurrentHashMap<String, Integer> seen = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile Script script = Script.passing();
    private volatile @Nullable SkewedClock clock;
    private volatile int bytesPerSecond = Integer.MAX_VALUE;

    /// @param server host and port of the server behind the proxy
    public FaultyProxy(URI server) {
        listener = new Listener(new InetSocketAddress(server.getHost(), server.getPort()), this::serve);
        listener.start();
    }

    public URI endpoint() {
        return listener.endpoint();
    }

    /// Sets the script, and clears the record of requests. A new proxy has a script that passes everything on.
    public void follow(Script next) {
        script = next;
        requests.clear();
        seen.clear();
    }

    /// The requests since the script was set.
    public List<Request> requests() {
        return List.copyOf(requests);
    }

    public long count(String method, String part) {
        return requests.stream().filter(request -> request.is(method, part)).count();
    }

    /// Bytes of the bodies of such requests.
    public long bytes(String method, String part) {
        return requests.stream()
                .filter(request -> request.is(method, part))
                .mapToLong(Request::bytes)
                .sum();
    }

    /// Cuts every open connection, as a firewall does after a long silence.
    public void cutConnections() {
        listener.cut();
    }

    /// From now on, the server's clock is this much ahead of the tests', and it refuses requests that were signed
    /// at another time.
    ///
    /// @param off null for a server without a clock: it refuses everything and sends no Date
    public void setClock(@Nullable Duration off) {
        clock = new SkewedClock(off);
    }

    /// From now on, each connection reads bodies no faster than this.
    public void slowDownTo(int bytes) {
        bytesPerSecond = bytes;
    }

    @Override
    public void close() {
        closed.complete(null);
        listener.close();
    }

    private void serve(Socket client, Socket server) {
        try (Upstream upstream = new Upstream(listener, server)) {
            InputStream in = new BufferedInputStream(client.getInputStream());
            while (exchange(client, in, upstream)) {
                // the next request on this connection
            }
        } catch (IOException _) {
            // one side has closed its connection, and so does the proxy
        }
    }

    /// Returns whether the connection goes on.
    private boolean exchange(Socket client, InputStream in, Upstream upstream) throws IOException {
        String head = HttpMessage.head(in);
        if (head.isEmpty()) {
            return false;
        }
        int length = HttpMessage.contentLength(head);
        Request request = new Request(head.substring(0, head.indexOf(" HTTP/1.1")), head, length);
        requests.add(request);
        Reaction reaction = script.decide(request, seen.merge(request.line(), 1, Integer::sum));
        OutputStream back = client.getOutputStream();
        switch (reaction) {
            case Fault.RESET_IN_BODY -> {
                body(in, length / 2);
                client.setOption(StandardSocketOptions.SO_LINGER, 0);
                return false;
            }
            case Fault.BLACK_HOLE -> {
                in.transferTo(OutputStream.nullOutputStream());
                return false;
            }
            case Fault.FROZEN -> {
                closed.join();
                return false;
            }
            default -> {}
        }
        byte[] body = body(in, length);
        Answer own = own(reaction, head, body);
        if (own != null) {
            send(back, own.bytes(request.isHead()));
            return true;
        }
        if (reaction instanceof Trap trap && !trap.after() && trap.sprung().getAsBoolean()) {
            return false;
        }
        if (reaction == Fault.FLIPPED_BIT) {
            body[length / 2] ^= 1;
        }
        upstream.send(Reaction.joined(head, body));
        return answer(request, reaction, in, upstream.answers(), back);
    }

    /// The proxy's own response in the server's place; null if the server gets the request.
    private @Nullable Answer own(Reaction reaction, String head, byte[] body) {
        SkewedClock skewed = clock;
        return switch (reaction) {
            case Answer answer -> answer;
            case Reaction.Reply reply -> reply.made().apply(body);
            case Fault.ERROR_500 -> Answer.error(500, "InternalError");
            case Fault.OK_WITH_ERROR -> Answer.error(200, "InternalError");
            case Fault.SLOW_DOWN -> Answer.error(503, "SlowDown");
            default -> skewed == null ? null : skewed.refusal(head);
        };
    }

    private boolean answer(Request request, Reaction reaction, InputStream in, InputStream answers, OutputStream back)
            throws IOException {
        SkewedClock skewed = clock;
        String head = HttpMessage.head(answers);
        if (head.isEmpty()) {
            return false; // the server has closed the connection, and so does the proxy
        }
        head = skewed == null ? head : skewed.dated(head);
        byte[] body = request.isHead()
                ? new byte[0]
                : reaction instanceof Change ? HttpMessage.content(head, answers) : HttpMessage.body(head, answers);
        switch (reaction) {
            case Fault.LOST_ANSWER -> {
                return false;
            }
            case Fault.DONE_BUT_500 -> {
                send(back, Answer.error(500, "InternalError").bytes(request.isHead()));
                return true;
            }
            case Fault.CUT_ANSWER, Fault.STALLED_ANSWER -> {
                back.write(head.getBytes(StandardCharsets.ISO_8859_1));
                back.write(body, 0, body.length / 2);
                back.flush();
                if (reaction == Fault.STALLED_ANSWER) {
                    in.transferTo(OutputStream.nullOutputStream());
                }
                return false;
            }
            case Trap trap
            when trap.after() && trap.sprung().getAsBoolean() -> {
                return false;
            }
            case Change change -> send(back, changed(change, head, body, request.isHead()));
            default -> send(back, Reaction.joined(head, body));
        }
        return reaction instanceof Change || !HttpMessage.endsWithConnection(head);
    }

    private static byte[] changed(Change change, String head, byte[] body, boolean isHead) {
        byte[] content = isHead
                ? body
                : change.body()
                        .apply(new String(body, StandardCharsets.ISO_8859_1))
                        .getBytes(StandardCharsets.ISO_8859_1);
        String kept = head.lines()
                .filter(line -> !line.isEmpty())
                .filter(line ->
                        isHead || !line.toLowerCase(Locale.ROOT).matches("(transfer-encoding|content-length):.*"))
                .map(change.line())
                .collect(Collectors.joining("\r\n"));
        return Reaction.joined(
                kept + (isHead ? "\r\n\r\n" : "\r\nContent-Length: " + content.length + "\r\n\r\n"), content);
    }

    private static void send(OutputStream out, byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    private byte[] body(InputStream in, int length) throws IOException {
        byte[] body = new byte[length];
        int position = 0;
        while (position < length) {
            int count = in.readNBytes(body, position, Math.min(64 << 10, length - position));
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
}
