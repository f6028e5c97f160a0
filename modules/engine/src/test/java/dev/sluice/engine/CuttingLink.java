package dev.sluice.engine;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A way to an HTTP server that lets a number of requests through that change something, and from then on
/// nothing: what a crash of the client looks like to the server.
final class CuttingLink implements AutoCloseable {

    private static final Pattern CHANGING = Pattern.compile("(?:PUT|DELETE|POST) /");

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final URI target;
    private final AtomicInteger left;

    CuttingLink(URI target, int changes) throws IOException {
        this.target = target;
        this.left = new AtomicInteger(changes);
        Thread.ofVirtual().start(this::accept);
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    /// Whether it has been cut.
    boolean cut() {
        return left.get() < 0;
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(target.getHost(), target.getPort());
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                sockets.add(client);
                sockets.add(server);
                if (cut()) {
                    closeSockets();
                    continue;
                }
                Thread.ofVirtual().start(() -> pump(client, server, true));
                Thread.ofVirtual().start(() -> pump(server, client, false));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void pump(Socket from, Socket to, boolean requests) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[65_536];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                // A request of the documents that are written here begins with its segment: nobody pipelines.
                if (requests && changes(new String(buffer, 0, count, StandardCharsets.ISO_8859_1))) {
                    closeSockets();
                    return;
                }
                out.write(buffer, 0, count);
                out.flush();
            }
        } catch (IOException e) {
            // The other side has closed.
        }
    }

    private boolean changes(String text) {
        Matcher matcher = CHANGING.matcher(text);
        return matcher.lookingAt() ? left.decrementAndGet() < 0 : cut();
    }

    private void closeSockets() throws IOException {
        for (Socket socket : sockets) {
            ((Closeable) socket).close();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        closeSockets();
    }
}
