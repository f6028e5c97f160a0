package dev.sluice.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/// TLS in front of a plain server: ends the TLS of each connection and passes its bytes on.
///
/// **Ownership:** [#close()] ends its connections and its threads.
final class TlsFront implements AutoCloseable {
    private static final int CHUNK = 64 << 10;

    private final TestCertificate certificate;
    private final URI behind;
    private final SSLServerSocket listener;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final List<SSLSession> sessions = new CopyOnWriteArrayList<>();

    /// @param spoken protocols, as Java names them; none for those that Java speaks by itself
    TlsFront(URI behind, TestCertificate certificate, String... spoken) {
        this.certificate = certificate;
        this.behind = behind;
        try {
            listener = (SSLServerSocket) certificate
                    .context()
                    .getServerSocketFactory()
                    .createServerSocket(0, 128, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (spoken.length > 0) {
            listener.setEnabledProtocols(spoken);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /// The same store, through this, by a client that trusts the certificate.
    StoreConfig to(StoreConfig store) {
        return new StoreConfig(
                        endpoint(),
                        store.region(),
                        store.bucket(),
                        store.prefix(),
                        true,
                        store.credentials(),
                        store.profile(),
                        store.limits(),
                        store.retries())
                .over(certificate.trusted());
    }

    URI endpoint() {
        return URI.create("https://127.0.0.1:" + listener.getLocalPort());
    }

    /// Of each connection whose handshake has ended well. One that was resumed is as old as its first.
    List<SSLSession> sessions() {
        return sessions;
    }

    void cutConnections() {
        open.forEach(TlsFront::cut);
    }

    private void accept() {
        while (true) {
            try {
                SSLSocket client = (SSLSocket) listener.accept();
                open.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException _) {
                return; // closed
            }
        }
    }

    private void serve(SSLSocket client) {
        try (client;
                Socket server = new Socket(behind.getHost(), behind.getPort())) {
            open.add(server);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            client.startHandshake();
            sessions.add(client.getSession());
            Thread up = Thread.ofVirtual().start(() -> pass(client, server));
            pass(server, client);
            up.join();
            open.remove(server);
        } catch (IOException _) {
            // refused by the client, or cut
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(client);
        }
    }

    /// Whichever side ends, or breaks, takes the other with it.
    private static void pass(Socket from, Socket to) {
        byte[] chunk = new byte[CHUNK];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                out.write(chunk, 0, count);
                out.flush();
            }
        } catch (IOException _) {
            // one of them is closed
        }
        cut(from);
        cut(to);
    }

    private static void cut(Socket socket) {
        try {
            socket.close();
        } catch (IOException _) {
            // it is closed in any case
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cutConnections();
    }
}
