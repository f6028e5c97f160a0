package dev.sluice.vdi.jna;

import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/// A server that backs up or restores a made-up stream on every device: Writes (or Reads) of one size with several
/// on their way, then Flush and Complete, then it closes.
///
/// The bytes of a stream are a function of device and position, so both sides can say what they must be.
final class ScriptedServer {

    private static final long AGREED_SECONDS = 20;

    private final ServerVirtualDeviceSet set;
    private final Script script;

    /// @param depth commands on their way per device
    record Script(String setName, int devices, boolean backup, long bytesPerDevice, int transferSize, int depth) {

        static Script backup(String setName, int devices, long bytesPerDevice, int transferSize) {
            return new Script(setName, devices, true, bytesPerDevice, transferSize, 4);
        }

        static Script restore(String setName, int devices, long bytesPerDevice, int transferSize) {
            return new Script(setName, devices, false, bytesPerDevice, transferSize, 4);
        }

        List<String> deviceNames() {
            return ScriptedServer.deviceNames(setName, devices);
        }
    }

    private final Runnable opened;

    ScriptedServer(ServerVirtualDeviceSet set, Script script) {
        this(set, script, () -> {});
    }

    /// @param opened runs when the set is open and not yet configured
    ScriptedServer(ServerVirtualDeviceSet set, Script script, Runnable opened) {
        this.set = set;
        this.script = script;
        this.opened = opened;
    }

    static List<String> deviceNames(String setName, int devices) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < devices; i++) {
            names.add(i == 0 ? setName : setName + "-" + i);
        }
        return names;
    }

    /// The outcome of the operation, as SQL Server would report it.
    ///
    /// @param sums  CRC32C of each device's stream, as it was sent or as it came in
    /// @param codes completion codes other than success
    record Outcome(List<Long> sums, List<Integer> codes) {
        boolean good() {
            return codes.isEmpty();
        }
    }

    /// Opens the set, which a client has created, and configures it.
    VDConfig configure() {
        set.open(null, script.setName);
        opened.run();
        VDConfig requested = set.getConfiguration();
        var features = requested.features().with(script.backup ? Feature.WRITE_MEDIA : Feature.READ_MEDIA);
        if (features.has(Feature.REQUEST_COMPLETE)) {
            features = features.with(Feature.COMPLETE_ENABLED);
        }
        set.beginConfiguration(features, 512, 0, Math.max(65_536, script.transferSize), Duration.ofSeconds(10));
        set.announceDevices(script.deviceNames());
        set.requestBuffers(script.transferSize, 0, script.devices * script.depth);
        set.endConfiguration();
        return requested;
    }

    /// Runs the whole operation and closes the set.
    Outcome run() throws Exception {
        boolean complete = configure().features().has(Feature.REQUEST_COMPLETE) && script.backup;
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(
                Thread.ofPlatform().daemon().name("server-", 0).factory())) {
            Future<?> agent = threads.submit(set::executeCompletionAgent);
            List<Future<Stream>> streams = new ArrayList<>();
            List<Long> sums = new ArrayList<>();
            List<Integer> codes = new ArrayList<>();
            try {
                for (String name : script.deviceNames()) {
                    Stream stream = new Stream(set.openDevice(name), streams.size(), complete);
                    streams.add(threads.submit((Callable<Stream>) stream::run));
                }
            } catch (VirtualDeviceException e) {
                codes.add(codeOf(e));
            }
            for (Future<Stream> stream : streams) {
                Stream done = stream.get(AGREED_SECONDS, TimeUnit.SECONDS);
                sums.add(done.sum.getValue());
                codes.addAll(done.codes);
            }
            close();
            try {
                agent.get(AGREED_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof VirtualDeviceException failure)) {
                    throw e;
                }
                // Refused altogether when its thread came to it only after an early abort and Close.
                boolean tooLate = failure.error() == VdError.PROTOCOL && !codes.isEmpty();
                codes.add(tooLate ? CompletionCode.ERROR_OPERATION_ABORTED : codeOf(failure));
            }
            return new Outcome(sums, codes);
        }
    }

    /// A call that came after the abort has no completion code; it counts as ERROR_OPERATION_ABORTED too.
    private static int codeOf(VirtualDeviceException failure) {
        if (failure.error() != VdError.ABORT) {
            throw failure;
        }
        return CompletionCode.ERROR_OPERATION_ABORTED;
    }

    private void close() {
        try {
            set.close();
        } catch (VirtualDeviceException e) {
            if (e.error() != VdError.PROTOCOL) {
                throw e;
            }
        }
    }

    /// One device's share.
    private final class Stream {
        private final ServerVirtualDevice device;
        private final int index;
        private final boolean complete;
        private final CRC32C sum = new CRC32C();
        private final List<Integer> codes = new ArrayList<>();
        private final BlockingQueue<ServerCommand> completed = new ArrayBlockingQueue<>(64);

        Stream(ServerVirtualDevice device, int index, boolean complete) {
            this.device = device;
            this.index = index;
            this.complete = complete;
        }

        Stream run() throws InterruptedException {
            try {
                transfer();
                if (codes.isEmpty() && script.backup) {
                    control(CommandCode.FLUSH);
                }
                if (codes.isEmpty() && complete) {
                    control(CommandCode.COMPLETE);
                }
                device.closeDevice();
            } catch (VirtualDeviceException e) {
                codes.add(codeOf(e));
            }
            return this;
        }

        private void transfer() throws InterruptedException {
            List<MemorySegment> free = new ArrayList<>();
            for (int i = 0; i < script.depth; i++) {
                free.add(set.allocateBuffer(script.transferSize, 0));
            }
            CommandCode code = script.backup ? CommandCode.WRITE : CommandCode.READ;
            long sent = 0;
            int outstanding = 0;
            while (sent < script.bytesPerDevice || outstanding > 0) {
                while (codes.isEmpty() && sent < script.bytesPerDevice && !free.isEmpty()) {
                    MemorySegment buffer = free.removeFirst();
                    int size = (int) Math.min(script.transferSize, script.bytesPerDevice - sent);
                    if (script.backup) {
                        fill(buffer, size, index, sent);
                        sum.update(buffer.asSlice(0, size).asByteBuffer());
                    }
                    SendStatus status = device.sendCommand(ServerCommand.transfer(code, buffer, size, completed::add));
                    outstanding++;
                    sent += status == SendStatus.QUEUED ? size : 0;
                }
                if (outstanding == 0) {
                    return;
                }
                ServerCommand done = next();
                outstanding--;
                if (done.completionCode() == CompletionCode.ERROR_SUCCESS) {
                    if (!script.backup) {
                        sum.update(done.buffer()
                                .asSlice(0, done.bytesTransferred())
                                .asByteBuffer());
                    }
                    free.add(done.buffer());
                } else {
                    codes.add(done.completionCode());
                }
            }
        }

        private void control(CommandCode code) throws InterruptedException {
            device.sendCommand(ServerCommand.control(code, completed::add));
            int completion = next().completionCode();
            if (completion != CompletionCode.ERROR_SUCCESS) {
                codes.add(completion);
            }
        }

        private ServerCommand next() throws InterruptedException {
            ServerCommand done = completed.poll(AGREED_SECONDS, TimeUnit.SECONDS);
            if (done == null) {
                throw new AssertionError("no completion on " + device.name());
            }
            return done;
        }
    }

    /// The bytes of a stream from this position.
    static void fill(MemorySegment buffer, long size, int device, long position) {
        long words = size / Long.BYTES;
        for (long i = 0; i < words; i++) {
            long value = (position / Long.BYTES + i + 1) * 0x9E3779B97F4A7C15L + device;
            buffer.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i, value);
        }
    }
}
