package dev.sluice.benchmarks;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.jna.LinuxVdi;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The other process of [CrossProcessBenchmark]: copies what every Write brings out of its buffer.
/// `NAME DEVICES TRANSFER`; says "created" when it has the set.
final class CopyingClient {

    private CopyingClient() {}

    static Process start(String name, int devices, int transfer) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CopyingClient.class.getName(),
                        name,
                        Integer.toString(devices),
                        Integer.toString(transfer))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        if (!"created".equals(output.readLine())) {
            process.destroyForcibly();
            throw new IOException("the client process could not create its set");
        }
        return process;
    }

    static List<String> deviceNames(String name, int devices) {
        List<String> names = new ArrayList<>(List.of(name));
        for (int i = 1; i < devices; i++) {
            names.add(name + "-" + i);
        }
        return names;
    }

    public static void main(String[] arguments) throws InterruptedException {
        int devices = Integer.parseInt(arguments[1]);
        int transfer = Integer.parseInt(arguments[2]);
        ClientVirtualDeviceSet set =
                LinuxVdi.open(NativeLibraries.simulator()).clientSets(null).get();
        set.create(null, arguments[0], VDConfig.request(devices, Features.LIKE_PIPE));
        System.out.println("created");
        set.getConfiguration(Timeouts.INFINITE);
        List<Thread> threads = new ArrayList<>();
        for (String name : deviceNames(arguments[0], devices)) {
            ClientVirtualDevice device = set.openDevice(name);
            threads.add(Thread.ofPlatform().name(name).start(() -> copyOut(device, transfer)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        set.close();
    }

    private static void copyOut(ClientVirtualDevice device, int transfer) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(transfer, 4096);
            while (device.getCommand(Timeouts.INFINITE) instanceof Command command) {
                int bytes = 0;
                if (command instanceof Command.Write(var _, var buffer, var _)) {
                    target.copyFrom(buffer);
                    bytes = (int) buffer.byteSize();
                }
                device.completeCommand(command, CompletionCode.ERROR_SUCCESS, bytes, 0);
            }
        }
    }
}
