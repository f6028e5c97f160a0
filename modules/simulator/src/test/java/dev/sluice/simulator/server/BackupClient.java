package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The smallest backup program: keeps stripes in memory, and answers as a test tells it.
final class BackupClient implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ClientVirtualDeviceSet set;
    private final List<String> names;
    private final List<Thread> pumps = new ArrayList<>();
    private final List<ByteArrayOutputStream> received = new ArrayList<>();
    private final List<byte[]> toDeliver;
    final List<String> commands = Collections.synchronizedList(new ArrayList<>());
    final List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    private volatile Function<Command, Integer> answers = _ -> CompletionCode.ERROR_SUCCESS;
    private volatile @Nullable VDConfig config;
    private volatile @Nullable Throwable problem;
    private @Nullable Thread opener;

    private BackupClient(InProcessVdi vdi, List<String> names, List<byte[]> toDeliver, Features features) {
        this.set = vdi.newClientSet();
        this.names = names;
        this.toDeliver = toDeliver;
        names.forEach(_ -> received.add(new ByteArrayOutputStream()));
        set.create(null, names.getFirst(), VDConfig.request(names.size(), features));
    }

    /// A client that stores what it gets and asks for VDC_Complete.
    static BackupClient storing(InProcessVdi vdi, List<String> names) {
        return new BackupClient(vdi, names, List.of(), Features.LIKE_PIPE.with(Feature.REQUEST_COMPLETE));
    }

    static BackupClient delivering(InProcessVdi vdi, List<String> names, List<byte[]> stripes) {
        return new BackupClient(vdi, names, stripes, Features.LIKE_PIPE);
    }

    /// What to complete each command with.
    BackupClient answering(Function<Command, Integer> how) {
        answers = how;
        return this;
    }

    BackupClient start() {
        opener = Thread.ofPlatform().daemon().start(this::serve);
        return this;
    }

    private void serve() {
        try {
            while (config == null) {
                try {
                    config = set.getConfiguration(Duration.ofMillis(200));
                } catch (VirtualDeviceException e) {
                    if (e.error() != VdError.TIMEOUT) {
                        throw e;
                    }
                }
            }
            for (int i = 0; i < names.size(); i++) {
                int stripe = i;
                ClientVirtualDevice device = openOrNull(names.get(i));
                if (device == null) {
                    break;
                }
                pumps.add(Thread.ofPlatform().daemon().name("client-" + i).start(() -> pump(device, stripe)));
            }
            for (Thread pump : pumps) {
                pump.join();
            }
        } catch (InterruptedException | RuntimeException e) {
            problem = e;
        }
    }

    /// Null when the server has aborted the set before all of its devices were open here.
    private @Nullable ClientVirtualDevice openOrNull(String name) {
        try {
            return set.openDevice(name);
        } catch (VirtualDeviceException e) {
            if (e.error() == VdError.ABORT) {
                return null;
            }
            throw e;
        }
    }

    private void pump(ClientVirtualDevice device, int stripe) {
        try {
            int position = 0;
            while (device.getCommand(Timeouts.INFINITE) instanceof Command command) {
                commands.add(command.getClass().getSimpleName());
                int code = answers.apply(command);
                int bytes = 0;
                if (command instanceof Command.Write write && code == CompletionCode.ERROR_SUCCESS) {
                    sizes.add((int) write.buffer().byteSize());
                    received.get(stripe).writeBytes(write.buffer().toArray(ValueLayout.JAVA_BYTE));
                    bytes = (int) write.buffer().byteSize();
                } else if (command instanceof Command.Read read && code == CompletionCode.ERROR_SUCCESS) {
                    byte[] data = toDeliver.get(stripe);
                    bytes = (int) Math.min(read.buffer().byteSize(), data.length - position);
                    MemorySegment.copy(MemorySegment.ofArray(data), position, read.buffer(), 0, bytes);
                    position += bytes;
                    code = bytes < read.buffer().byteSize() ? CompletionCode.ERROR_HANDLE_EOF : code;
                }
                device.completeCommand(command, code, bytes, 0);
            }
        } catch (VirtualDeviceException e) {
            if (e.error() != VdError.ABORT) {
                problem = e;
            }
        } catch (RuntimeException e) {
            problem = e;
        }
    }

    VDConfig config() {
        VDConfig known = config;
        assertThat(known).isNotNull();
        return known;
    }

    void signalAbort() {
        set.signalAbort();
    }

    List<byte[]> stripes() {
        return received.stream().map(ByteArrayOutputStream::toByteArray).toList();
    }

    /// Waits until every device was closed by the server.
    void awaitEnd() throws InterruptedException {
        Thread thread = opener;
        if (thread != null && !thread.join(Duration.ofMillis(TimeUnit.SECONDS.toMillis(PATIENCE.toSeconds())))) {
            throw new AssertionError("the client is still served after " + PATIENCE);
        }
        if (problem != null) {
            throw new AssertionError("the client failed", problem);
        }
    }

    /// As [#awaitEnd], for statements that may never have got as far as the set.
    void awaitEndOrAbort() throws InterruptedException {
        if (config == null) {
            set.signalAbort();
            if (opener != null) {
                opener.join();
            }
            return;
        }
        awaitEnd();
    }

    @Override
    public void close() {
        try {
            set.close();
        } catch (VirtualDeviceException e) {
            if (e.error() != VdError.OPEN && e.error() != VdError.PROTOCOL) {
                throw e;
            }
        }
    }
}
