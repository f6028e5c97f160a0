package dev.sluice.testsupport;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;

/// A proxy's connection to the server. It opens another one when the server has closed the last one between two
/// requests, as servers do when they stop or when a connection was idle.
final class Upstream implements Closeable {

    private final Listener listener;
    private Socket socket;
    private InputStream answers;
    private boolean used;

    Upstream(Listener listener, Socket socket) throws IOException {
        this.listener = listener;
        this.socket = socket;
        this.answers = new BufferedInputStream(socket.getInputStream());
    }

    InputStream answers() {
        return answers;
    }

    void send(byte[] request) throws IOException {
        if (used && isEnded()) {
            socket.close();
            socket = listener.connect();
            answers = new BufferedInputStream(socket.getInputStream());
        }
        used = true;
        OutputStream out = socket.getOutputStream();
        out.write(request);
        out.flush();
    }

    /// Between two requests, a server sends nothing; it may only close the connection.
    private boolean isEnded() {
        try {
            socket.setSoTimeout(1);
            answers.mark(1);
            if (answers.read() < 0) {
                return true;
            }
            answers.reset();
            return false;
        } catch (SocketTimeoutException _) {
            return false;
        } catch (IOException _) {
            return true;
        } finally {
            listenForEver();
        }
    }

    private void listenForEver() {
        try {
            socket.setSoTimeout(0);
        } catch (IOException _) {
            // The connection is closed, and its next use fails.
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
