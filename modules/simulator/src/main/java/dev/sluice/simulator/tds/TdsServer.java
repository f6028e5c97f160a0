package dev.sluice.simulator.tds;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A listener on 127.0.0.1 that speaks TDS and hands SQL to an engine.
///
/// **Ownership:** the caller that starts it closes it. The engine is not closed.
///
/// **Threading:** any thread. Its own threads are daemons.
public final class TdsServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(TdsServer.class);

    private static final int FIRST_SESSION = 51;
    private static final int SESSIONS = Short.MAX_VALUE - FIRST_SESSION;
    private static final int BACKLOG = 128;
    private static final Duration CLOSING = Duration.ofSeconds(2);

    private final TdsOptions options;
    private final SqlEngine engine;
    private final @Nullable KerberosAcceptor kerberos;
    private final ServerCertificate certificate;
    private final TdsFaults faults = new TdsFaults();
    private final ServerSocket listener;
    private final Thread acceptor;
    private final Set<TdsConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger sessions = new AtomicInteger();
    private volatile boolean closed;

    private TdsServer(
            TdsOptions options, SqlEngine engine, @Nullable KerberosAcceptor kerberos, ServerSocket listener) {
        this.options = options;
        this.engine = engine;
        this.kerberos = kerberos;
        this.listener = listener;
        this.certificate = ServerCertificate.selfSigned();
        this.acceptor = Thread.ofPlatform()
                .daemon()
                .name("tds-accept-" + listener.getLocalPort())
                .unstarted(this::accept);
    }

    /// Starts listening, with a new certificate.
    ///
    /// @throws IOException when the port cannot be had
    public static TdsServer start(TdsOptions options, SqlEngine engine) throws IOException {
        return start(options, engine, null);
    }

    /// The same, with logins by Kerberos.
    ///
    /// @param kerberos null for a server that is in no domain
    public static TdsServer start(TdsOptions options, SqlEngine engine, @Nullable KerberosAcceptor kerberos)
            throws IOException {
        ServerSocket listener = new ServerSocket();
        try {
            listener.bind(
                    new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), options.port()),
                    BACKLOG);
        } catch (IOException e) {
            listener.close();
            throw new IOException(
                    String.format(
                            Locale.ROOT,
                            "the TDS server cannot listen on 127.0.0.1:%d: %s",
                            options.port(),
                            e.getMessage()),
                    e);
        }
        TdsServer server = new TdsServer(options, engine, kerberos, listener);
        server.acceptor.start();
        return server;
    }

    public int port() {
        return listener.getLocalPort();
    }

    /// What clients must trust.
    public ServerCertificate certificate() {
        return certificate;
    }

    public TdsFaults faults() {
        return faults;
    }

    /// Ends a session as [ClientLink#kill] does.
    ///
    /// @return false if there is none with this number
    public boolean kill(int sessionId) {
        for (TdsConnection connection : connections) {
            if (connection.sessionId() == sessionId) {
                connection.kill();
                return true;
            }
        }
        return false;
    }

    /// Cuts all connections, cancels what runs, and waits up to two seconds for the threads to end; an engine
    /// that does not heed its cancel may keep one longer, which is logged.
    @Override
    public void close() {
        closed = true;
        try {
            listener.close();
        } catch (IOException e) {
            log.atDebug().setCause(e).log("the listener did not close in order");
        }
        long deadline = System.nanoTime() + CLOSING.toNanos();
        boolean interrupted = !joined(() -> acceptor.join(left(deadline)), "the acceptor");
        connections.forEach(TdsConnection::shutDown);
        for (TdsConnection connection : connections) {
            interrupted |= !joined(() -> connection.join(left(deadline)), "session " + connection.sessionId());
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Join {
        boolean ended() throws InterruptedException;
    }

    /// @return false if this thread was interrupted
    private static boolean joined(Join join, String what) {
        try {
            if (!join.ended()) {
                log.atWarn().addKeyValue("what", what).log("a thread is still running after the server's close");
            }
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private static Duration left(long deadline) {
        return Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
    }

    private void accept() {
        while (!closed) {
            Socket socket;
            try {
                socket = listener.accept();
            } catch (IOException e) {
                if (!closed) {
                    log.atError().addKeyValue("port", port()).setCause(e).log("no more connections are accepted");
                }
                return;
            }
            welcome(socket);
        }
    }

    private void welcome(Socket socket) {
        try {
            TdsConnection connection = new TdsConnection(new Wire(socket), freeSessionId(), this);
            connections.add(connection);
            connection.start();
        } catch (IOException e) {
            log.atDebug().setCause(e).log("a client left before it was welcomed");
            close(socket);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            log.atDebug().setCause(e).log("a socket did not close in order");
        }
    }

    private int freeSessionId() {
        while (true) {
            int candidate = FIRST_SESSION + Math.floorMod(sessions.getAndIncrement(), SESSIONS);
            if (connections.stream().noneMatch(connection -> connection.sessionId() == candidate)) {
                return candidate;
            }
        }
    }

    /// A connection's worker has ended.
    void ended(TdsConnection connection) {
        connections.remove(connection);
    }

    TdsOptions options() {
        return options;
    }

    SqlEngine engine() {
        return engine;
    }

    @Nullable
    KerberosAcceptor kerberos() {
        return kerberos;
    }
}
