package dev.sluice.benchmarks.compare;

import dev.sluice.benchmarks.nulls3.Content;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// SQL Server's side of a device set, without a database behind it: on a backup it lends buffers that were filled
/// once, on a restore it takes buffers and does not look at them. What is measured is the other side.
///
/// Like SQL Server it keeps a few commands outstanding on each device, sends Flush when all Writes of a device are
/// completed, and then closes the device.
final class MediaServer implements AutoCloseable {
    static final int TRANSFER = 1 << 20;
    static final int OUTSTANDING = 4;

    private final ServerVirtualDeviceSet set;
    private final Thread agent;
    private final CountDownLatch open;
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();

    private MediaServer(ServerVirtualDeviceSet set, int devices) {
        this.set = set;
        this.open = new CountDownLatch(devices);
        this.agent = Thread.ofPlatform().name("media-agent").unstarted(set::executeCompletionAgent);
    }

    /// @param bytes to back up on each device; whole transfers
    static MediaServer backup(InProcessVdi vdi, List<String> devices, long bytes) {
        MediaServer server = attach(vdi, devices, Feature.WRITE_MEDIA);
        MemorySegment pattern = MemorySegment.ofBuffer(Content.pattern());
        for (String name : devices) {
            Writer writer = server.new Writer(server.set.openDevice(name), bytes);
            for (int i = 0; i < OUTSTANDING; i++) {
                MemorySegment buffer = server.set.allocateBuffer(TRANSFER, 0);
                buffer.copyFrom(pattern.asSlice((long) i * TRANSFER, TRANSFER));
                writer.send(buffer);
            }
        }
        return server;
    }

    static MediaServer restore(InProcessVdi vdi, List<String> devices) {
        MediaServer server = attach(vdi, devices, Feature.READ_MEDIA);
        for (String name : devices) {
            Reader reader = server.new Reader(server.set.openDevice(name));
            for (int i = 0; i < OUTSTANDING; i++) {
                reader.send(server.set.allocateBuffer(TRANSFER, 0));
            }
        }
        return server;
    }

    private static MediaServer attach(InProcessVdi vdi, List<String> devices, Feature direction) {
        ServerVirtualDeviceSet set = vdi.newServerSet();
        set.open(null, devices.getFirst());
        set.beginConfiguration(
                set.getConfiguration().features().with(direction), 512, 0, TRANSFER, Duration.ofSeconds(10));
        set.announceDevices(devices);
        set.requestBuffers(TRANSFER, 0, OUTSTANDING * devices.size());
        set.endConfiguration();
        MediaServer server = new MediaServer(set, devices.size());
        server.agent.start();
        return server;
    }

    private void fail(String problem) {
        failure.compareAndSet(null, problem);
        set.signalAbort();
        while (open.getCount() > 0) {
            open.countDown();
        }
    }

    /// One device of a backup. After the constructor's thread only the agent touches it.
    private final class Writer {
        private final ServerVirtualDevice device;
        private long left;
        private int outstanding;

        Writer(ServerVirtualDevice device, long bytes) {
            this.device = device;
            this.left = bytes;
        }

        synchronized void send(MemorySegment buffer) {
            if (left > 0) {
                left -= TRANSFER;
                outstanding++;
                device.sendCommand(ServerCommand.transfer(CommandCode.WRITE, buffer, TRANSFER, this::written));
            }
        }

        private synchronized void written(ServerCommand command) {
            outstanding--;
            if (command.completionCode() != CompletionCode.ERROR_SUCCESS) {
                fail("a Write was completed with " + command.completionCode());
            } else if (left > 0) {
                left -= TRANSFER;
                outstanding++;
                device.sendCommand(command);
            } else if (outstanding == 0) {
                device.sendCommand(ServerCommand.control(CommandCode.FLUSH, this::flushed));
            }
        }

        private void flushed(ServerCommand command) {
            if (command.completionCode() != CompletionCode.ERROR_SUCCESS) {
                fail("a Flush was completed with " + command.completionCode());
                return;
            }
            device.closeDevice();
            open.countDown();
        }
    }

    /// One device of a restore.
    private final class Reader {
        private final ServerVirtualDevice device;
        private int outstanding;
        private boolean ended;

        Reader(ServerVirtualDevice device) {
            this.device = device;
        }

        synchronized void send(MemorySegment buffer) {
            outstanding++;
            device.sendCommand(ServerCommand.transfer(CommandCode.READ, buffer, TRANSFER, this::read));
        }

        private synchronized void read(ServerCommand command) {
            outstanding--;
            switch (command.completionCode()) {
                case CompletionCode.ERROR_SUCCESS -> {
                    if (!ended) {
                        outstanding++;
                        device.sendCommand(command);
                    }
                }
                case CompletionCode.ERROR_HANDLE_EOF -> ended = true;
                default -> fail("a Read was completed with " + command.completionCode());
            }
            if (ended && outstanding == 0) {
                device.closeDevice();
                open.countDown();
            }
        }
    }

    /// Waits until every device was closed.
    void await() throws InterruptedException {
        open.await();
        if (failure.get() != null) {
            throw new IllegalStateException(failure.get());
        }
    }

    @Override
    public void close() {
        set.close();
        boolean ended;
        try {
            ended = agent.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            ended = false;
        }
        if (!ended) {
            throw new IllegalStateException("the agent did not return");
        }
    }
}
