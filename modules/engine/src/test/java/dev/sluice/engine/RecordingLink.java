package dev.sluice.engine;

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
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// A relay to an HTTP server that keeps the head of each request, byte for byte as it came over the line.
final class RecordingLink implements AutoCloseable {

    /// Heads of requests, each byte a character.
    final List<String> heads = new CopyOnWriteArrayList<>();

    private final ServerSocket listener;
    private final URI target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile boolean open = true;

    RecordingLink(URI target) throws IOException {
        this.target = target;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    private void accept() {
        while (open) {
            try {
                Socket client = listener.accept();
                Socket server = new Socket(target.getHost(), target.getPort());
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                sockets.add(client);
                sockets.add(server);
                Thread.ofVirtual().start(() -> requests(client, server));
                Thread.ofVirtual().start(() -> answers(server, client));
            } catch (IOException e) {
                if (open) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void requests(Socket from, Socket to) {
        try (from;
                to) {
            InputStream in = new BufferedInputStream(from.getInputStream(), 64 << 10);
            OutputStream out = to.getOutputStream();
            for (byte[] head = head(in); head.length > 0; head = head(in)) {
                String text = new String(head, StandardCharsets.ISO_8859_1);
                heads.add(text);
                out.write(head);
                out.flush();
                body(in, out, length(text));
            }
        } catch (IOException e) {
            // One of the ends has gone; so does the other.
        }
    }

    private static byte[] head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int ending = 0; // how much of CR LF CR LF has come
        for (int b = in.read(); b >= 0; b = in.read()) {
            head.write(b);
            boolean next = b == (ending % 2 == 0 ? '\r' : '\n');
            ending = next ? ending + 1 : b == '\r' ? 1 : 0;
            if (ending == 4) {
                return head.toByteArray();
            }
        }
        return new byte[0];
    }

    private static long length(String head) {
        return head.lines()
                .filter(line -> line.regionMatches(true, 0, "content-length:", 0, 15))
                .mapToLong(line -> Long.parseLong(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
    }

    private static void body(InputStream in, OutputStream out, long bytes) throws IOException {
        byte[] chunk = new byte[64 << 10];
        for (long left = bytes; left > 0; ) {
            int n = in.read(chunk, 0, (int) Math.min(left, chunk.length));
            if (n < 0) {
                return;
            }
            out.write(chunk, 0, n);
            out.flush();
            left -= n;
        }
    }

    private static void answers(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // As above.
        }
    }

    @Override
    public void close() throws IOException {
        open = false;
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
