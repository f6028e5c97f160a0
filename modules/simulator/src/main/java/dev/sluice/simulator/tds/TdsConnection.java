package dev.sluice.simulator.tds;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client, from accept to close.
///
/// The worker is the session's thread: it shakes hands, logs in, runs requests and writes everything. It is a
/// platform thread because engines may interrupt it, and an interrupted virtual thread closes the socket that
/// it happens to write to. The reader, a virtual thread, exists from login on.
final class TdsConnection implements Runnable, ClientLink {

    private static final Logger log = LoggerFactory.getLogger(TdsConnection.class);

    /// How long the client may take to read a last error before its socket is closed.
    private static final Duration FAREWELL = Duration.ofMillis(500);

    private final Wire wire;
    private final int sessionId;
    private final TdsServer server;
    private final Inbox inbox = new Inbox();
    private final Thread worker;
    private volatile @Nullable Thread reader;
    private volatile Duration attentionDelay = Duration.ZERO;

    TdsConnection(Wire wire, int sessionId, TdsServer server) {
        this.wire = wire;
        this.sessionId = sessionId;
        this.server = server;
        this.worker = Thread.ofPlatform().daemon().name("tds-" + sessionId).unstarted(this);
    }

    int sessionId() {
        return sessionId;
    }

    void start() {
        worker.start();
    }

    @Override
    public void run() {
        try {
            converse();
            log.atDebug().addKeyValue("session", sessionId).log("session ended");
        } catch (IOException | SessionEnded e) {
            brokenBy(e);
        } catch (InterruptedException e) {
            log.atDebug().addKeyValue("session", sessionId).log("session ended by the server's close");
        } catch (RuntimeException e) {
            log.atError().addKeyValue("session", sessionId).setCause(e).log("session ended by a defect");
        } finally {
            inbox.end(Cancellation.Reason.CONNECTION_LOST);
            wire.cut();
            awaitReader();
            server.ended(this);
        }
    }

    private void awaitReader() {
        Thread reading = reader;
        if (reading != null) {
            try {
                reading.join(FAREWELL); // at once: its socket is closed
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void converse() throws IOException, InterruptedException {
        switch (server.faults().welcome()) {
            case NORMAL -> {}
            case CLOSED -> {
                return;
            }
            case SILENCE -> {
                wire.drain(Duration.ofDays(1));
                return;
            }
        }
        wire.readWithin(server.options().loginTimeout());
        Handshake handshake = Handshake.perform(wire, server.options(), server.certificate());
        if (server.faults().loginsCut()) {
            return;
        }
        Login7 login7 = handshake.login();
        PacketWriter out =
                new PacketWriter(handshake.out(), PacketType.RESPONSE, sessionId, PacketWriter.DEFAULT_PACKET);
        SqlSession session;
        @Nullable IntegratedLogin integrated;
        try {
            integrated = provenBy(handshake, out);
            session = logIn(handshake, integrated);
        } catch (LoginRejected e) {
            log.atInfo()
                    .addKeyValue("session", sessionId)
                    .addKeyValue("user", login7.user())
                    .addKeyValue("error", e.reason().number())
                    .log("login refused");
            refuse(login7, e, out);
            farewell(handshake.tls());
            return;
        }
        try (session) {
            int packetSize = server.options().packetSize(login7.packetSize());
            acknowledge(login7, integrated, session, packetSize, out);
            wire.readWhenever();
            serve(session, handshake, new PacketWriter(handshake.out(), PacketType.RESPONSE, sessionId, packetSize));
        }
    }

    /// Null when the client brings a password.
    private @Nullable IntegratedLogin provenBy(Handshake handshake, PacketWriter out)
            throws IOException, LoginRejected {
        Optional<LoginRejected> refusal = server.faults().refusal();
        if (refusal.isPresent()) {
            throw refusal.get();
        }
        Login7 login7 = handshake.login();
        if (!login7.isSupported()) {
            throw login7.unsupported();
        }
        return login7.integrated() ? IntegratedLogin.accept(handshake, server.kerberos(), out) : null;
    }

    private SqlSession logIn(Handshake handshake, @Nullable IntegratedLogin integrated)
            throws LoginRejected, InterruptedException {
        Login7 login7 = handshake.login();
        Login login = new Login(
                sessionId,
                integrated == null ? login7.user() : integrated.account(),
                integrated == null ? login7.password() : "",
                login7.database(),
                login7.application(),
                login7.host(),
                login7.library(),
                login7.language(),
                handshake.tls() != null,
                integrated != null);
        return server.engine().login(login, this);
    }

    private void refuse(Login7 login, LoginRejected refused, PacketWriter out) throws IOException {
        String serverName = server.options().serverName();
        if (login.isSupported()) {
            TdsResponse refusal = new TdsResponse(out, serverName, true);
            refusal.message(refused.reason());
            refusal.end();
        } else {
            WireBuffer tokens = new WireBuffer();
            Tokens.refusedBefore72(refused.reason(), serverName, tokens);
            out.write(tokens);
            out.endMessage();
        }
    }

    private void acknowledge(
            Login7 login, @Nullable IntegratedLogin integrated, SqlSession session, int packetSize, PacketWriter out)
            throws IOException {
        TdsOptions options = server.options();
        String database = session.database();
        String serverName = options.serverName();
        WireBuffer tokens = new WireBuffer();
        if (integrated != null && integrated.answer().hasRemaining()) {
            Tokens.sspi(integrated.answer(), tokens);
        }
        Tokens.change(Tokens.TextChange.DATABASE, database, "master", tokens);
        Tokens.message(
                new SqlMessage(5701, 0, 2, "Changed database context to '%s'.".formatted(database), "", 1),
                serverName,
                tokens);
        Tokens.collation(options.collation(), tokens);
        Tokens.change(Tokens.TextChange.LANGUAGE, session.language(), "", tokens);
        Tokens.message(
                new SqlMessage(5703, 0, 1, "Changed language setting to %s.".formatted(session.language()), "", 1),
                serverName,
                tokens);
        Tokens.loginAcknowledged(login.agreedVersion(), options.programName(), options.version(), tokens);
        Tokens.change(
                Tokens.TextChange.PACKET_SIZE,
                Integer.toString(packetSize),
                Integer.toString(PacketWriter.DEFAULT_PACKET),
                tokens);
        Tokens.done(Tokens.End.DONE, 0, Tokens.COMMAND_NONE, 0, tokens);
        out.write(tokens);
        out.endMessage();
    }

    private void serve(SqlSession session, Handshake handshake, PacketWriter out)
            throws IOException, InterruptedException {
        PacketReader requests =
                PacketReader.ofSession(handshake.in(), server.options().largestMessage());
        Thread reading = Thread.ofVirtual().name("tds-" + sessionId + "-reader").unstarted(() -> read(requests));
        reader = reading;
        reading.start();
        RequestHandler handler =
                new RequestHandler(sessionId, session, out, server.options().serverName());
        while (true) {
            switch (inbox.take()) {
                case Inbox.Work.Answer(Message request, Cancellation cancellation) -> {
                    if (!handler.answer(request, cancellation)) {
                        farewell(handshake.tls());
                        return;
                    }
                }
                case Inbox.Work.AcknowledgeAttention() -> {
                    inbox.awaitEnd(attentionDelay);
                    acknowledgeAttention(out);
                }
                case Inbox.Work.End(Cancellation.Reason reason) -> {
                    if (reason == Cancellation.Reason.KILLED) {
                        farewell(handshake.tls());
                    }
                    return;
                }
            }
        }
    }

    /// Always a message of its own: mssql-jdbc reads the interrupted response to its end first, and then waits
    /// for this.
    private static void acknowledgeAttention(PacketWriter out) throws IOException {
        WireBuffer token = new WireBuffer();
        Tokens.done(Tokens.End.DONE, Tokens.DONE_ATTENTION, Tokens.COMMAND_NONE, 0, token);
        out.write(token);
        out.endMessage();
    }

    private void read(PacketReader requests) {
        try {
            while (requests.awaitMessage()) {
                wire.readWithin(server.options().messageTimeout());
                Message message = requests.readMessage();
                wire.readWhenever();
                if (message.type() == PacketType.ATTENTION) {
                    inbox.attention();
                } else {
                    inbox.request(message);
                }
            }
        } catch (IOException e) {
            brokenBy(e);
            wire.cut(); // or the worker could go on writing to a client that broke the protocol
        } finally {
            inbox.end(Cancellation.Reason.CONNECTION_LOST);
        }
    }

    /// The reason is logged once, by the thread that sees it first; what breaks afterwards is a consequence.
    private void brokenBy(Exception e) {
        if (!inbox.hasEnded()) {
            log.atInfo()
                    .addKeyValue("session", sessionId)
                    .addKeyValue("peer", wire)
                    .addKeyValue("reason", e.toString())
                    .log("connection broken");
            inbox.end(Cancellation.Reason.CONNECTION_LOST);
        }
    }

    /// Closes in a way that lets the client read everything said so far.
    private void farewell(@Nullable TlsStream tls) throws IOException, InterruptedException {
        inbox.end(Cancellation.Reason.CONNECTION_LOST);
        if (tls != null) {
            tls.endOutput();
        }
        wire.endOutput();
        Thread reading = reader;
        if (reading == null) {
            wire.drain(FAREWELL);
        } else {
            reading.join(FAREWELL);
        }
    }

    @Override
    public void kill() {
        inbox.end(Cancellation.Reason.KILLED);
    }

    @Override
    public void drop() {
        inbox.end(Cancellation.Reason.CONNECTION_LOST);
        wire.cut();
    }

    @Override
    public void delayAttention(Duration delay) {
        attentionDelay = delay;
    }

    /// The server closes. Threads are waited for in [#join].
    void shutDown() {
        inbox.end(Cancellation.Reason.SHUTDOWN);
        wire.cut();
        worker.interrupt();
    }

    /// @return whether both threads have ended within that time
    boolean join(Duration time) throws InterruptedException {
        long deadline = System.nanoTime() + time.toNanos();
        if (!worker.join(time)) {
            return false;
        }
        Thread reading = reader;
        return reading == null || reading.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
    }
}
