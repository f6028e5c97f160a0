package dev.sluice.benchmarks;

import dev.sluice.simulator.vdi.CrossProcessVdi;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.inprocess.VdiBehavior;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/// A server that sends Writes to a client in another process: a thread for each device copies its bytes into a free
/// buffer and sends it, as long as there is one.
final class CopyingServer {

    /// Commands on their way for each device.
    static final int OUTSTANDING = 4;

    private final ServerVirtualDeviceSet set;
    private final Thread agent;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Stripe> stripes = new ArrayList<>();
    private final Arena arena = Arena.ofShared();

    private CopyingServer(ServerVirtualDeviceSet set) {
        this.set = set;
        this.agent = Thread.ofPlatform().name("benchmark-agent").start(set::executeCompletionAgent);
    }

    static CopyingServer attach(String name, int devices, int transfer) {
        ServerVirtualDeviceSet set =
                new CrossProcessVdi(CrossProcessVdi.defaultDirectory(), VdiBehavior.DEFAULT).newServerSet();
        set.open(null, name);
        set.beginConfiguration(Features.of(Feature.WRITE_MEDIA), 512, 0, Math.max(transfer, 65_536), Duration.ZERO);
        List<String> names = CopyingClient.deviceNames(name, devices);
        set.announceDevices(names);
        set.requestBuffers(transfer, 0, devices * OUTSTANDING);
        set.endConfiguration();
        CopyingServer server = new CopyingServer(set);
        for (String device : names) {
            server.stripes.add(server.new Stripe(set.openDevice(device), transfer));
        }
        return server;
    }

    /// Sends so many bytes, evenly over the devices, and waits until the client has completed them all.
    void write(long bytes) throws InterruptedException {
        List<Future<?>> writing = new ArrayList<>();
        for (Stripe stripe : stripes) {
            writing.add(threads.submit(() -> stripe.write(bytes / stripes.size())));
        }
        for (Future<?> one : writing) {
            try {
                one.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    void close() throws InterruptedException {
        stripes.forEach(stripe -> stripe.device.closeDevice());
        set.close();
        agent.join();
        threads.shutdown();
        arena.close();
    }

    private final class Stripe {
        private final ServerVirtualDevice device;
        private final MemorySegment source;
        private final BlockingQueue<MemorySegment> free = new ArrayBlockingQueue<>(OUTSTANDING);

        Stripe(ServerVirtualDevice device, int transfer) {
            this.device = device;
            this.source = arena.allocate(transfer, 4096).fill((byte) 1);
            for (int i = 0; i < OUTSTANDING; i++) {
                free.add(set.allocateBuffer(transfer, 0));
            }
        }

        Object write(long bytes) throws InterruptedException {
            int transfer = (int) source.byteSize();
            for (long sent = 0; sent < bytes; sent += transfer) {
                MemorySegment buffer = take().copyFrom(source);
                device.sendCommand(ServerCommand.transfer(CommandCode.WRITE, buffer, transfer, this::completed));
            }
            List<MemorySegment> all = new ArrayList<>();
            for (int i = 0; i < OUTSTANDING; i++) {
                all.add(take());
            }
            free.addAll(all);
            return all;
        }

        private MemorySegment take() throws InterruptedException {
            MemorySegment buffer = free.poll(30, TimeUnit.SECONDS);
            if (buffer == null) {
                throw new IllegalStateException("no completion on " + device.name());
            }
            return buffer;
        }

        private void completed(ServerCommand command) {
            if (command.completionCode() == CompletionCode.ERROR_SUCCESS) {
                free.add(command.buffer());
            }
        }
    }
}
