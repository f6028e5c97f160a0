package dev.sluice.engine.sql;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/// Makes the sockets of sessions, so that one can be cut under the thread that reads from it.
///
/// `Connection.abort` cannot: under TLS the driver closes the TLS socket first, which waits for a lock that the
/// thread in `read` holds for as long as the server says nothing. Closing the TCP socket below it ends the read
/// at once.
///
/// Public because the driver makes an instance for each connection, by name: `socketFactoryClass`,
/// `socketFactoryConstructorArg`.
/// Where it makes its sockets without one, for a host of several addresses, there is nothing to cut.
///
/// **Threading:** any thread.
public final class CuttableSockets extends SocketFactory {

    /// The driver's property with the session.
    static final String SESSION = "socketFactoryConstructorArg";

    private static final Map<String, Queue<Socket>> SOCKETS = new ConcurrentHashMap<>();

    private final String session;

    /// @param session unique in this process
    public CuttableSockets(String session) {
        this.session = session;
    }

    /// Closes the session's sockets, also while they are in use. Returns at once.
    static void cut(String session) {
        for (Socket socket : SOCKETS.getOrDefault(session, new ConcurrentLinkedQueue<>())) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is closed all the same.
            }
        }
    }

    /// The session is over.
    static void forget(String session) {
        SOCKETS.remove(session);
    }

    static boolean knows(String session) {
        return SOCKETS.containsKey(session);
    }

    private Socket known(Socket socket) {
        SOCKETS.computeIfAbsent(session, _ -> new ConcurrentLinkedQueue<>()).add(socket);
        return socket;
    }

    @Override
    public Socket createSocket() {
        return known(new Socket());
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port), null);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port), null);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(new InetSocketAddress(host, port), new InetSocketAddress(localHost, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(new InetSocketAddress(host, port), new InetSocketAddress(localHost, localPort));
    }

    private Socket connected(InetSocketAddress to, @Nullable InetSocketAddress from) throws IOException {
        Socket socket = createSocket();
        if (from != null) {
            socket.bind(from);
        }
        socket.connect(to);
        return socket;
    }
}
