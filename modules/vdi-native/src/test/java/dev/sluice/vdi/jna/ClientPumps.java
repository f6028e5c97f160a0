package dev.sluice.vdi.jna;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.Timeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/// A client that takes the data of every Write and fills every Read, with a thread for each device.
final class ClientPumps {

    private final ClientVirtualDeviceSet set;
    private final List<String> names;

    ClientPumps(ClientVirtualDeviceSet set, List<String> names) {
        this.set = set;
        this.names = names;
    }

    /// @param end how GetCommand ended
    record Pumped(long sum, long bytes, int flushes, int completes, Fetched end) {}

    /// Waits for the configuration, opens every device, and serves them all until they end.
    List<Pumped> run() throws Exception {
        set.getConfiguration(Timeouts.INFINITE);
        List<ClientVirtualDevice> devices = new ArrayList<>();
        for (String name : names) {
            devices.add(set.openDevice(name));
        }
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(
                Thread.ofPlatform().daemon().name("pump-", 0).factory())) {
            List<Future<Pumped>> pumps = new ArrayList<>();
            for (int i = 0; i < devices.size(); i++) {
                ClientVirtualDevice device = devices.get(i);
                int index = i;
                pumps.add(threads.submit((Callable<Pumped>) () -> pump(device, index)));
            }
            List<Pumped> done = new ArrayList<>();
            for (Future<Pumped> pump : pumps) {
                done.add(pump.get(30, TimeUnit.SECONDS));
            }
            return done;
        }
    }

    static Pumped pump(ClientVirtualDevice device, int index) {
        CRC32C sum = new CRC32C();
        long bytes = 0;
        int flushes = 0;
        int completes = 0;
        while (true) {
            Fetched fetched = device.getCommand(Timeouts.INFINITE);
            int moved = 0;
            int code = CompletionCode.ERROR_SUCCESS;
            switch (fetched) {
                case Command.Write(var _, var buffer, var _) -> {
                    sum.update(buffer.asByteBuffer());
                    moved = (int) buffer.byteSize();
                }
                case Command.Read(var _, var buffer, var _) -> {
                    ScriptedServer.fill(buffer, buffer.byteSize(), index, bytes);
                    sum.update(buffer.asByteBuffer());
                    moved = (int) buffer.byteSize();
                }
                case Command.Flush _ -> flushes++;
                case Command.Complete _ -> completes++;
                case Command _ -> code = CompletionCode.ERROR_NOT_SUPPORTED;
                case Fetched.Closed _, Fetched.Aborted _, Fetched.TimedOut _ -> {
                    return new Pumped(sum.getValue(), bytes, flushes, completes, fetched);
                }
            }
            bytes += moved;
            device.completeCommand((Command) fetched, code, moved, 0);
        }
    }
}
