package dev.sluice.vdi.inprocess;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/// Both sides of one set in one process, brought as far along the normal time line as a test wants.
///
/// Closing the rig ends both sides however the test left them, and the agent with them.
final class Rig implements AutoCloseable {

    static final String SET = "the-set";
    static final int BLOCK = 512;
    static final int TRANSFER = 65_536;

    final CountingMemory memory = new CountingMemory();
    final InProcessVdi vdi;
    final ClientVirtualDeviceSet client;
    final ServerVirtualDeviceSet server;
    final List<ClientVirtualDevice> clientDevices = new ArrayList<>();
    final List<ServerVirtualDevice> serverDevices = new ArrayList<>();
    private final VDConfig request;
    private final int buffers;
    private @Nullable Async<@Nullable Object> agent;

    private Rig(VdiBehavior behavior, VDConfig request, int buffers) {
        this.vdi = new InProcessVdi(behavior, memory);
        this.client = vdi.newClientSet();
        this.server = vdi.newServerSet();
        this.request = request;
        this.buffers = buffers;
    }

    static Rig of(VdiBehavior behavior, VDConfig request, int buffers) {
        return new Rig(behavior, request, buffers);
    }

    static Rig of(int devices) {
        return of(VdiBehavior.DEFAULT, VDConfig.request(devices, Features.LIKE_PIPE), 4);
    }

    /// One device that behaves in these ways.
    static Rig answering(Answer... answers) {
        VdiBehavior behavior = VdiBehavior.DEFAULT;
        for (Answer answer : answers) {
            behavior = behavior.with(answer);
        }
        return of(behavior, VDConfig.request(1, Features.LIKE_PIPE), 4);
    }

    Rig created() {
        client.create(null, SET, request);
        return this;
    }

    Rig connected() {
        created();
        server.open(null, SET);
        return this;
    }

    Rig configurable() {
        connected();
        server.beginConfiguration(
                request.features().with(Feature.WRITE_MEDIA), BLOCK, 0, TRANSFER, Duration.ofSeconds(1));
        return this;
    }

    Rig initializing() {
        configurable();
        server.announceDevices(names());
        server.requestBuffers(TRANSFER, 0, buffers);
        server.endConfiguration();
        client.getConfiguration(Timeouts.INFINITE);
        return this;
    }

    /// Active, but without an agent.
    Rig opened() {
        initializing();
        for (String name : names()) {
            serverDevices.add(server.openDevice(name));
            clientDevices.add(client.openDevice(name));
        }
        return this;
    }

    Rig active() {
        opened();
        startAgent();
        return this;
    }

    /// Every device closed by the server, and seen so by the client.
    Rig terminated() {
        active();
        serverDevices.forEach(ServerVirtualDevice::closeDevice);
        clientDevices.forEach(device -> device.getCommand(Timeouts.INFINITE));
        return this;
    }

    /// The names of the VIRTUAL_DEVICE clauses: the set's, then the set's with a number.
    List<String> names() {
        return IntStream.range(0, request.deviceCount())
                .mapToObj(i -> i == 0 ? SET : SET + i)
                .toList();
    }

    Async<@Nullable Object> startAgent() {
        agent = Async.run("agent", server::executeCompletionAgent).blocked();
        return agent;
    }

    Async<@Nullable Object> agent() {
        if (agent == null) {
            throw new AssertionError("no agent was started");
        }
        return agent;
    }

    ClientVirtualDevice clientDevice() {
        return clientDevices.getFirst();
    }

    ServerVirtualDevice serverDevice() {
        return serverDevices.getFirst();
    }

    MemorySegment buffer() {
        return server.allocateBuffer(TRANSFER, 0);
    }

    /// Sends to the first device.
    RecordedCommand send(CommandCode code) {
        return RecordedCommand.control(code).sentTo(serverDevice());
    }

    /// Sends a Write or Read of a whole buffer to the first device.
    RecordedCommand sendTransfer(CommandCode code) {
        return RecordedCommand.transfer(code, buffer()).sentTo(serverDevice());
    }

    /// The next command of the client's first device; fails when GetCommand returns anything else.
    Command fetch() {
        return fetch(clientDevice());
    }

    static Command fetch(ClientVirtualDevice device) {
        Fetched fetched = device.getCommand(Async.PROMPTLY);
        if (fetched instanceof Command command) {
            return command;
        }
        throw new AssertionError("no command but " + fetched);
    }

    /// Completes with success, and every byte of a transfer moved.
    void complete(Command command) {
        complete(command, CompletionCode.ERROR_SUCCESS);
    }

    void complete(Command command, int code) {
        clientDevice().completeCommand(command, code, bytesOf(command), 0);
    }

    static int bytesOf(Command command) {
        return switch (command) {
            case Command.Read read -> (int) read.buffer().byteSize();
            case Command.Write write -> (int) write.buffer().byteSize();
            default -> 0;
        };
    }

    static MemorySegment bufferOf(Command command) {
        return switch (command) {
            case Command.Read read -> read.buffer();
            case Command.Write write -> write.buffer();
            default -> throw new AssertionError(command + " has no buffer");
        };
    }

    static void assertFails(VdError error, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(VirtualDeviceException.class, e -> {
            if (e.error() != error) {
                throw new AssertionError("expected %s, got %s".formatted(error, e.error()), e);
            }
        });
    }

    /// The call's answer as the state tables spell it: OK, or the name of the error.
    static String answer(Runnable call) {
        try {
            call.run();
            return "OK";
        } catch (VirtualDeviceException e) {
            return e.error().name();
        }
    }

    @Override
    public void close() {
        answer(server::close);
        answer(client::close);
        if (agent != null) {
            answer(agent::get);
        }
    }
}
