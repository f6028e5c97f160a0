package dev.sluice.simulator.vdi;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The client processes of one set, as this process sees them: the primary, whose end is the set's end, and any
/// secondaries.
///
/// Each process is an attachment: a client object driven on its behalf, and a control connection. Everything else
/// it wants comes on connections of its own to this set's socket.
///
/// A secondary that dies is not noticed before something is to be sent to it, as the native library watches the
/// primary only; then it is an abort.
///
/// **Threading:** a thread accepts, and each connection has one; the rest comes from the server's threads.
final class RemoteSet {

    private static final System.Logger LOG = System.getLogger(RemoteSet.class.getName());
    private static final Duration GREETING = Duration.ofSeconds(5);
    private static final long PRIMARY = 0;

    private final SetFiles files;
    private final long nonce;
    private final Object clientSocketKey;
    private final ClientDeath clientDeath;
    private final InProcessVdi vdi;
    private final @Nullable String instance;
    private final String name;
    private final ServerSocketChannel listening;
    private final TmpfsMemory memory;
    private final Map<Long, Attachment> attachments = new ConcurrentHashMap<>();
    private final Map<String, RemoteDevice> devices = new ConcurrentHashMap<>();
    private final Map<Connection, Boolean> connections = new ConcurrentHashMap<>();
    private final AtomicLong secondaries = new AtomicLong();
    private final AtomicBoolean abortTold = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean over;
    private int shared;

    /// A client process's use of the set.
    private record Attachment(long id, ClientVirtualDeviceSet set, Connection control) {}

    private RemoteSet(
            SetFiles files,
            Greeting greeting,
            ClientVirtualDeviceSet primary,
            ServerSocketChannel listening,
            ClientDeath clientDeath,
            InProcessVdi vdi,
            @Nullable String instance,
            String name) {
        this.files = files;
        this.nonce = greeting.nonce;
        this.clientSocketKey = greeting.clientSocketKey;
        this.clientDeath = clientDeath;
        this.vdi = vdi;
        this.instance = instance;
        this.name = name;
        this.listening = listening;
        this.memory = new TmpfsMemory(chunk -> files.memory(nonce, chunk));
        attachments.put(PRIMARY, new Attachment(PRIMARY, primary, greeting.control));
        connections.put(greeting.control, true);
    }

    private record Greeting(Connection control, long nonce, Object clientSocketKey, VDConfig config) {}

    /// Connects to the process that created the set.
    static RemoteSet attach(
            SetFiles files, ClientDeath clientDeath, InProcessVdi vdi, @Nullable String instance, String name) {
        String call = "Open(\"%s\")".formatted(name);
        Greeting greeting;
        try {
            greeting = greet(files);
        } catch (IOException | UnsupportedOperationException e) {
            throw new VirtualDeviceException(
                    VdError.INVALID,
                    call,
                    "no client process answers at %s: %s".formatted(files.clientSocket(), e.getMessage()));
        }
        ClientVirtualDeviceSet primary = vdi.newClientSet();
        try {
            primary.create(instance, name, greeting.config);
            return new RemoteSet(
                    files, greeting, primary, listen(files, greeting.nonce), clientDeath, vdi, instance, name);
        } catch (IOException e) {
            greeting.control.close();
            primary.close();
            throw new VirtualDeviceException(
                    VdError.UNEXPECTED, call, "no socket in %s: %s".formatted(files.directory(), e.getMessage()));
        } catch (VirtualDeviceException e) {
            greeting.control.close();
            throw new VirtualDeviceException(
                    VdError.INVALID, call, "what the client asks for cannot be: " + e.getMessage());
        }
    }

    private static Greeting greet(SetFiles files) throws IOException {
        Object key = Files.getAttribute(files.clientSocket(), "unix:ino");
        Connection control = Connection.to(files.clientSocket());
        try {
            control.write(Frame.of(Frame.Type.ATTACH));
            Frame hello = control.read(GREETING);
            VDConfig config = hello.payload().config();
            if (hello.type() != Frame.Type.HELLO || config == null) {
                throw new IOException("answered " + hello.type());
            }
            if (!hello.payload().text().equals(files.key())) {
                throw new IOException(
                        "it is set \"%s\"".formatted(hello.payload().text()));
            }
            return new Greeting(control, hello.token(), key, config);
        } catch (IOException e) {
            control.close();
            throw e;
        }
    }

    /// A socket that does not listen yet looks abandoned; so it gets its name when it does.
    private static ServerSocketChannel listen(SetFiles files, long nonce) throws IOException {
        var making = files.serverSocketInTheMaking(nonce);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(making), VDConfig.MAX_DEVICES);
            Files.setPosixFilePermissions(making, PosixFilePermissions.fromString("rw-rw----"));
            Files.move(making, files.serverSocket(nonce), StandardCopyOption.ATOMIC_MOVE);
            return channel;
        } catch (IOException e) {
            channel.close();
            Files.deleteIfExists(making);
            throw e;
        }
    }

    TmpfsMemory memory() {
        return memory;
    }

    void start() {
        Attachment primary = primary();
        thread("accept", () -> accept());
        thread("control", () -> {
            boolean orderly = false;
            try {
                orderly = control(primary);
            } catch (BrokenProtocolException e) {
                violated(e);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, () -> "client process of set %s is gone: %s".formatted(name, e));
                awaitNotice();
            } finally {
                end(orderly);
            }
        });
    }

    /// Waits until the server notices that its client is gone, or ends the set itself.
    private void awaitNotice() {
        try {
            if (ended.await(clientDeath.unseenFor().toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.log(System.Logger.Level.DEBUG, () -> "set %s ends, and its client was gone".formatted(name));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // What the server's threads have to tell.

    /// Announces memory that was reserved since the last time.
    synchronized void shareMemory() {
        for (; shared < memory.chunks().size(); shared++) {
            TmpfsMemory.Chunk chunk = memory.chunks().get(shared);
            tell(
                    primary(),
                    Frame.memory(
                            chunk.index(),
                            chunk.bytes(),
                            chunk.fileOffset(),
                            String.valueOf(chunk.file().getFileName())));
        }
    }

    void configured() {
        try {
            tell(primary(), Frame.configured(primary().set.getConfiguration(Timeouts.POLL)));
        } catch (VirtualDeviceException e) {
            tellIfAborted();
        }
    }

    void tellIfAborted() {
        try {
            primary().set.getConfiguration(Timeouts.POLL);
        } catch (VirtualDeviceException e) {
            if (e.error() == VdError.ABORT && abortTold.compareAndSet(false, true)) {
                ended.countDown();
                attachments
                        .values()
                        .forEach(to -> tell(to, Frame.of(Frame.Type.ABORT, String.valueOf(e.getMessage()))));
            }
        }
    }

    void serverClosed() {
        ended.countDown();
        tellIfAborted();
        if (!abortTold.get()) {
            attachments.values().forEach(to -> tell(to, Frame.of(Frame.Type.FINISHED)));
        }
    }

    /// A command was queued on this device.
    void somethingFor(String device) {
        RemoteDevice open = devices.get(device);
        if (open != null) {
            trying(open::look);
        }
    }

    /// The server closed this device.
    void closed(String device) {
        RemoteDevice open = devices.get(device);
        if (open != null) {
            trying(open::closed);
        }
    }

    private void tell(Attachment to, Frame frame) {
        trying(() -> to.control.write(frame));
    }

    // What comes from client processes.

    private void accept() {
        try {
            while (true) {
                Connection connection = new Connection(listening.accept());
                connections.put(connection, true);
                if (over) {
                    connection.close();
                }
                thread("connection", () -> {
                    try (connection) {
                        serve(connection);
                    } catch (IOException e) {
                        LOG.log(System.Logger.Level.DEBUG, () -> "a connection to set %s: %s".formatted(name, e));
                    } finally {
                        connections.remove(connection);
                    }
                });
            }
        } catch (IOException e) {
            // The set is over; or else a client that cannot connect aborts.
            LOG.log(System.Logger.Level.TRACE, () -> "set %s accepts no more connections: %s".formatted(name, e));
        }
    }

    private void serve(Connection connection) throws IOException {
        Frame first = connection.read(GREETING);
        switch (first.type()) {
            case OPEN -> open(attachment(first.token()), first.payload().text(), connection);
            case JOIN -> join(connection);
            case HANDLE_OF -> handleOf(first, connection);
            case BUFFER_OF -> bufferOf(first, connection);
            default -> throw new BrokenProtocolException("%s as the first word".formatted(first.type()));
        }
    }

    private Attachment attachment(long id) throws IOException {
        Attachment attachment = attachments.get(id);
        if (attachment == null) {
            throw new BrokenProtocolException(String.format(Locale.ROOT, "there is no client %d", id));
        }
        return attachment;
    }

    private void open(Attachment client, String deviceName, Connection connection) throws IOException {
        RemoteDevice device;
        try {
            device = new RemoteDevice(client.set.openDevice(deviceName), connection, memory);
        } catch (VirtualDeviceException e) {
            connection.write(Frame.answer(e.error().code()));
            return;
        }
        devices.put(deviceName, device);
        try {
            connection.write(Frame.answer(0));
            device.run();
        } catch (BrokenProtocolException e) {
            violated(e);
        }
    }

    private void join(Connection connection) throws IOException {
        ClientVirtualDeviceSet set = vdi.newClientSet();
        try {
            set.openInSecondary(instance, name);
        } catch (VirtualDeviceException e) {
            connection.write(Frame.answer(e.error().code()));
            return;
        }
        Attachment secondary = new Attachment(secondaries.incrementAndGet(), set, connection);
        attachments.put(secondary.id, secondary);
        connection.write(Frame.answer(0, secondary.id, 0, 0, 0));
        connection.write(Frame.configured(set.getConfiguration(Timeouts.POLL)));
        if (control(secondary)) {
            attachments.remove(secondary.id);
            detach(secondary);
        }
    }

    /// Serves a control connection.
    ///
    /// @return true when the client closed the set
    private boolean control(Attachment client) throws IOException {
        while (true) {
            Frame frame = client.control.read();
            switch (frame.type()) {
                case MAPPED -> mapped(frame);
                case ABORT -> abort(client);
                case CLOSE -> {
                    return true;
                }
                default -> throw new BrokenProtocolException("%s on a control connection".formatted(frame.type()));
            }
        }
    }

    private void mapped(Frame frame) throws IOException {
        if (frame.chunk() < 0 || frame.chunk() >= memory.chunks().size()) {
            throw new BrokenProtocolException(
                    String.format(Locale.ROOT, "chunk %d is mapped, they say", frame.chunk()));
        }
        memory.unlink(memory.chunks().get(frame.chunk()));
    }

    private void handleOf(Frame question, Connection connection) throws IOException {
        Frame answer;
        try {
            if (question.chunk() < 0 || question.chunk() >= memory.chunks().size()) {
                throw new VirtualDeviceException(VdError.INVALID, "GetBufferHandle", "no such chunk");
            }
            MemorySegment buffer = MemorySegment.ofAddress(
                    memory.chunks().get(question.chunk()).base() + question.offset());
            int handle = attachment(question.token()).set.getBufferHandle(buffer);
            answer = Frame.answer(0, 0, handle, 0, 0);
        } catch (VirtualDeviceException e) {
            answer = Frame.answer(e.error().code());
        }
        connection.write(answer);
    }

    private void bufferOf(Frame question, Connection connection) throws IOException {
        Frame answer;
        try {
            long address = attachment(question.token())
                    .set
                    .mapBufferHandle(question.bytes())
                    .address();
            TmpfsMemory.Chunk chunk = memory.holding(address);
            answer = chunk == null
                    ? Frame.answer(VdError.UNEXPECTED.code())
                    : Frame.answer(0, 0, 0, chunk.index(), address - chunk.base());
        } catch (VirtualDeviceException e) {
            answer = Frame.answer(e.error().code());
        }
        connection.write(answer);
    }

    // Ends.

    /// A client said what makes no sense: nothing it says can be relied on.
    private void violated(BrokenProtocolException how) {
        LOG.log(System.Logger.Level.WARNING, "set %s is aborted, its client: %s".formatted(name, how.getMessage()));
        abort(primary());
        tellIfAborted();
    }

    private static void abort(Attachment client) {
        try {
            client.set.signalAbort();
        } catch (VirtualDeviceException e) {
            // It is closed already.
            LOG.log(System.Logger.Level.TRACE, e.getMessage());
        }
    }

    /// The primary closed the set, or died; either ends it for all clients.
    private void end(boolean orderly) {
        if (!orderly) {
            abort(primary());
            tellIfAborted();
        }
        attachments.values().forEach(RemoteSet::detach);
        over = true;
        try {
            listening.close();
            files.deleteLife(nonce);
            if (!orderly) {
                sweepClientSocket();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "files of set %s stay behind".formatted(name), e);
        }
        connections.keySet().forEach(Connection::close);
    }

    private static void detach(Attachment client) {
        try {
            client.set.close();
        } catch (VirtualDeviceException e) {
            // A device was open: what that means, the state machine has seen to.
            LOG.log(System.Logger.Level.TRACE, e.getMessage());
        }
    }

    /// Removes the socket of a process that died, and not that of another which took the name meanwhile.
    private void sweepClientSocket() throws IOException {
        var socket = files.clientSocket();
        if (!Files.exists(socket) || !clientSocketKey.equals(Files.getAttribute(socket, "unix:ino"))) {
            return;
        }
        try {
            Connection.to(socket).close();
        } catch (IOException refused) {
            Files.deleteIfExists(socket);
        }
    }

    private interface Telling {
        void run() throws IOException;
    }

    /// The client may be gone at any moment; its control connection's thread notices.
    private void trying(Telling telling) {
        try {
            telling.run();
        } catch (IOException e) {
            if (clientDeath == ClientDeath.SEEN_AT_ONCE) {
                abort(primary());
            }
        }
    }

    private Attachment primary() {
        Attachment primary = attachments.get(PRIMARY);
        if (primary == null) {
            throw new IllegalStateException("set %s has no primary client".formatted(name));
        }
        return primary;
    }

    private void thread(String role, Runnable work) {
        Thread.ofPlatform().daemon().name("vdi %s %s".formatted(role, name)).start(work);
    }
}
