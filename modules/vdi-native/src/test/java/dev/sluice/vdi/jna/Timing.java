package dev.sluice.vdi.jna;

import com.sun.jna.NativeLibrary;
import dev.sluice.simulator.vdi.CrossProcessVdi;
import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.inprocess.VdiBehavior;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/// What the way through the library costs: `Timing LIBRARY [GIBIBYTES]`. Not a test; figures depend on the
/// machine, so each run also measures what copying memory costs on it.
///
/// * A pair of GetCommand and CompleteCommand: Flush commands, the server four ahead, so that the client never
/// waits long. * Throughput: Writes between two processes; the server copies into the shared buffer and the
/// client out of it, as a database and an uploader do. The server is this JVM, the client another.
final class Timing {

    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private Timing() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("client")) {
            client(arguments);
            return;
        }
        Path library = Path.of(arguments[0]).toAbsolutePath();
        long gibibytes = arguments.length > 1 ? Long.parseLong(arguments[1]) : 4;
        Path directory = Files.createTempDirectory(Path.of("/dev/shm"), "sv");
        NativeLibrary.getInstance("c")
                .getFunction("setenv")
                .invokeInt(new Object[] {CrossProcessVdi.DIRECTORY_VARIABLE, directory.toString(), 1});
        try {
            bookkeeping(directory);
            pairs(LinuxVdi.open(library), directory);
            for (int transfer : new int[] {64 << 10, 1 << 20, 4 << 20}) {
                for (int devices : new int[] {1, 4}) {
                    long bytes = (gibibytes << 30) / devices;
                    throughput(library, directory, devices, bytes / 8, transfer, false);
                    throughput(library, directory, devices, bytes, transfer, true);
                }
                copying(transfer, gibibytes << 30);
            }
        } finally {
            Files.delete(directory);
        }
    }

    private static final String NOTHING = """
            #include <stdint.h>
            struct command { int32_t code, size; int64_t position; uint8_t *buffer; };
            static uint8_t buffer[65536];
            static struct command write = {2, 65536, 0, buffer};
            static int64_t device;
            void _ZN22ClientVirtualDeviceSetC1Ev(void *s) {}
            void _ZN22ClientVirtualDeviceSetD1Ev(void *s) {}
            int _ZN22ClientVirtualDeviceSet6CreateEPcP8VDConfig(void *s, char *n, void *c) { return 0; }
            int _ZN22ClientVirtualDeviceSet16GetConfigurationElP8VDConfig(void *s, long t, void *c) { return 0; }
            int _ZN22ClientVirtualDeviceSet10OpenDeviceEPcPP19ClientVirtualDevice(void *s, char *n, void **d) {
                *d = &device; return 0; }
            int _ZN22ClientVirtualDeviceSet5CloseEv(void *s) { return 0; }
            int _ZN22ClientVirtualDeviceSet11SignalAbortEv(void *s) { return 0; }
            int _ZN22ClientVirtualDeviceSet15OpenInSecondaryEPc(void *s, char *n) { return 0; }
            int _ZN22ClientVirtualDeviceSet15GetBufferHandleEPhPj(void *s, void *b, void *h) { return 0; }
            int _ZN22ClientVirtualDeviceSet15MapBufferHandleEiPPh(void *s, int h, void *b) { return 0; }
            int _ZN19ClientVirtualDevice10GetCommandElPP11VDC_Command(void *d, long t, struct command **c) {
                *c = &write; return 0; }
            int _ZN19ClientVirtualDevice15CompleteCommandEP11VDC_Commandiml(
                void *d, void *c, int code, unsigned long b, int64_t p) { return 0; }
            """;

    private static void bookkeeping(Path directory) throws Exception {
        Path source = Files.writeString(directory.resolve("nothing.c"), NOTHING);
        Path library = directory.resolve("nothing.so");
        int compiled = new ProcessBuilder(
                        "cc", "-w", "-O2", "-shared", "-fPIC", "-o", library.toString(), source.toString())
                .inheritIO()
                .start()
                .waitFor();
        if (compiled == 0) {
            ClientVirtualDeviceSet set = LinuxVdi.open(library).newClientSet();
            set.create(null, "nothing", VDConfig.request(1, Features.LIKE_PIPE));
            ClientVirtualDevice device = set.openDevice("nothing");
            loop(device, 1_000_000);
            OUT.printf("pair of calls, library that does nothing: %,d ns%n", loop(device, 1_000_000));
            Files.delete(library);
        }
        Files.delete(source);
    }

    private static long loop(ClientVirtualDevice device, int pairs) {
        long start = System.nanoTime();
        for (int i = 0; i < pairs; i++) {
            device.completeCommand((Command) device.getCommand(Timeouts.INFINITE), 0, 0, 0);
        }
        return (System.nanoTime() - start) / pairs;
    }

    private static void pairs(LinuxVdi vdi, Path directory) throws Exception {
        int warm = 100_000;
        int measured = 300_000;
        ClientVirtualDeviceSet client = vdi.newClientSet();
        client.create(null, "pairs", VDConfig.request(1, Features.LIKE_PIPE));
        try (Server server = new Server(directory, "pairs", 1, 64 << 10);
                ExecutorService threads = Executors.newCachedThreadPool()) {
            client.getConfiguration(Timeouts.INFINITE);
            ClientVirtualDevice device = client.openDevice("pairs");
            Future<?> sending = threads.submit((Callable<Void>) () -> server.control(warm + measured));
            loop(device, warm);
            OUT.printf("pair of calls, simulator in this process: %,d ns%n", loop(device, measured));
            sending.get();
            server.devices.getFirst().closeDevice();
            device.getCommand(Timeouts.INFINITE);
        }
        client.close();
    }

    private static void throughput(
            Path library, Path directory, int devices, long bytesPerDevice, int transfer, boolean print)
            throws Exception {
        try (ChildProcess client =
                ChildProcess.java(directory, directory, Timing.class, "client", library, devices, transfer)) {
            client.awaitLine("created");
            long nanos;
            try (Server server = new Server(directory, "throughput", devices, transfer);
                    ExecutorService threads = Executors.newCachedThreadPool()) {
                client.awaitLine("opened");
                long start = System.nanoTime();
                List<Future<Void>> streams = new ArrayList<>();
                for (int i = 0; i < devices; i++) {
                    int device = i;
                    streams.add(threads.submit(() -> server.write(device, bytesPerDevice)));
                }
                for (Future<Void> stream : streams) {
                    stream.get();
                }
                nanos = System.nanoTime() - start;
                server.devices.forEach(ServerVirtualDevice::closeDevice);
            }
            client.exitCode();
            if (print) {
                report(
                        "%d devices, %4d KiB, across processes".formatted(devices, transfer >> 10),
                        nanos,
                        devices * bytesPerDevice);
            }
        }
    }

    /// The same two copies in one thread, without anything between.
    private static void copying(int transfer, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = arena.allocate(transfer, 4096);
            MemorySegment target = arena.allocate(transfer, 4096);
            source.fill((byte) 1);
            for (int i = 0; i < 2_000; i++) {
                target.copyFrom(source);
            }
            long start = System.nanoTime();
            for (long copied = 0; copied < bytes; copied += transfer) {
                target.copyFrom(source);
            }
            report("memcpy, one thread, %4d KiB".formatted(transfer >> 10), System.nanoTime() - start, bytes);
        }
    }

    private static void report(String what, long nanos, long bytes) {
        OUT.printf("%-42s %6.2f GiB/s%n", what, bytes / (double) (1 << 30) / (nanos / 1e9));
    }

    /// The other process: copies every buffer out.
    private static void client(String[] arguments) throws Exception {
        int devices = Integer.parseInt(arguments[2]);
        int transfer = Integer.parseInt(arguments[3]);
        ClientVirtualDeviceSet set = LinuxVdi.open(Path.of(arguments[1])).newClientSet();
        set.create(null, "throughput", VDConfig.request(devices, Features.LIKE_PIPE));
        OUT.println("created");
        set.getConfiguration(Timeouts.INFINITE);
        List<ClientVirtualDevice> open = new ArrayList<>();
        for (String name : ScriptedServer.deviceNames("throughput", devices)) {
            open.add(set.openDevice(name));
        }
        OUT.println("opened");
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<Void>> copying = new ArrayList<>();
            for (ClientVirtualDevice device : open) {
                copying.add(threads.submit(() -> copyOut(device, transfer)));
            }
            for (Future<Void> copy : copying) {
                copy.get();
            }
        }
        set.close();
    }

    private static Void copyOut(ClientVirtualDevice device, int transfer) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(transfer, 4096);
            while (device.getCommand(Timeouts.INFINITE) instanceof Command command) {
                int bytes = 0;
                if (command instanceof Command.Write(var _, var buffer, var _)) {
                    target.copyFrom(buffer);
                    bytes = (int) buffer.byteSize();
                }
                device.completeCommand(command, 0, bytes, 0);
            }
            return null;
        }
    }

    /// A configured set at the server's end.
    private static final class Server implements AutoCloseable {
        private static final int DEPTH = 4;

        final List<ServerVirtualDevice> devices = new ArrayList<>();
        private final ServerVirtualDeviceSet set;
        private final int transfer;
        private final Thread agent;

        Server(Path directory, String name, int deviceCount, int transfer) {
            this.transfer = transfer;
            set = new CrossProcessVdi(directory, VdiBehavior.DEFAULT).newServerSet();
            set.open(null, name);
            set.beginConfiguration(Features.of(Feature.WRITE_MEDIA), 512, 0, Math.max(transfer, 65_536), Duration.ZERO);
            List<String> names = ScriptedServer.deviceNames(name, deviceCount);
            set.announceDevices(names);
            set.requestBuffers(transfer, 0, deviceCount * DEPTH);
            set.endConfiguration();
            agent = Thread.ofPlatform().daemon().start(set::executeCompletionAgent);
            names.forEach(device -> devices.add(set.openDevice(device)));
        }

        private static ServerCommand take(ArrayBlockingQueue<ServerCommand> completed) throws InterruptedException {
            ServerCommand command = completed.poll(30, TimeUnit.SECONDS);
            if (command == null || command.completionCode() != 0) {
                throw new AssertionError("no good completion");
            }
            return command;
        }

        Void control(int count) throws InterruptedException {
            var completed = new ArrayBlockingQueue<ServerCommand>(DEPTH);
            for (int sent = 0, done = 0; done < count; ) {
                if (sent < count && sent - done < DEPTH) {
                    devices.getFirst().sendCommand(ServerCommand.control(CommandCode.FLUSH, completed::add));
                    sent++;
                } else {
                    take(completed);
                    done++;
                }
            }
            return null;
        }

        Void write(int device, long bytes) throws InterruptedException {
            var completed = new ArrayBlockingQueue<ServerCommand>(DEPTH);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment source = arena.allocate(transfer, 4096);
                source.fill((byte) device);
                List<MemorySegment> free = new ArrayList<>();
                for (int i = 0; i < DEPTH; i++) {
                    free.add(set.allocateBuffer(transfer, 0));
                }
                for (long sent = 0; sent < bytes || free.size() < DEPTH; ) {
                    if (sent < bytes && !free.isEmpty()) {
                        MemorySegment buffer = free.removeLast().copyFrom(source);
                        devices.get(device)
                                .sendCommand(
                                        ServerCommand.transfer(CommandCode.WRITE, buffer, transfer, completed::add));
                        sent += transfer;
                    } else {
                        free.add(take(completed).buffer());
                    }
                }
                return null;
            }
        }

        @Override
        public void close() {
            set.close();
            try {
                agent.join(10_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
