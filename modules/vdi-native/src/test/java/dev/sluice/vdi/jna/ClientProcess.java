package dev.sluice.vdi.jna;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.jna.ClientPumps.Pumped;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// A client as a process of its own: `LIBRARY SET DEVICES`. Says "created" when it has the set, then serves it.
/// Exit code 0 when every device was closed by the server.
final class ClientProcess {

    private ClientProcess() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        int devices = Integer.parseInt(arguments[2]);
        ClientVirtualDeviceSet set = LinuxVdi.open(Path.of(arguments[0])).newClientSet();
        set.create(null, arguments[1], VDConfig.request(devices, Features.LIKE_PIPE));
        out.println("created");
        List<Pumped> pumped = new ClientPumps(set, ScriptedServer.deviceNames(arguments[1], devices)).run();
        set.close();
        System.exit(pumped.stream().allMatch(pump -> pump.end() instanceof Fetched.Closed) ? 0 : 1);
    }
}
