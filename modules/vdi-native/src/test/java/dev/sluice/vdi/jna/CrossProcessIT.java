package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.jna.ScriptedServer.Outcome;
import dev.sluice.vdi.jna.ScriptedServer.Script;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whole operations through the library: a server in Java, the client in the same process, everything between them
/// over socket and shared memory.
class CrossProcessIT {

    @RegisterExtension
    final Simulator simulator = new Simulator();

    @ParameterizedTest(name = "{0}, {1} devices")
    @CsvSource({
        "LINUX, 1, 8",
        "LINUX, 4, 4",
        "LINUX, 64, 1",
        "COM_PLATFORM_CONVENTION, 2, 4",
        "COM_MICROSOFT_CONVENTION, 1, 8",
        "COM_MICROSOFT_CONVENTION, 4, 2"
    })
    void backsUpEveryByteOfEveryStripe(Simulator.Face face, int devices, int mebibytes) throws Exception {
        Script script = Script.backup("backup-" + devices, devices, ((long) mebibytes << 20) + 512, 256 << 10);
        Features features = Features.LIKE_PIPE.with(Feature.REQUEST_COMPLETE);
        ClientVirtualDeviceSet set = face.vdi().newClientSet();
        set.create(null, script.setName(), VDConfig.request(devices, features));

        FutureTask<Outcome> server = start(new ScriptedServer(simulator.server().newServerSet(), script)::run);
        List<ClientPumps.Pumped> pumped = new ClientPumps(set, script.deviceNames()).run();
        set.close();

        Outcome outcome = server.get(20, TimeUnit.SECONDS);
        assertThat(outcome.codes()).isEmpty();
        assertThat(pumped).allSatisfy(pump -> {
            assertThat(pump.end()).isInstanceOf(Fetched.Closed.class);
            assertThat(pump.bytes()).isEqualTo(script.bytesPerDevice());
            assertThat(pump.flushes()).isOne();
            assertThat(pump.completes()).isOne();
        });
        assertThat(pumped).extracting(ClientPumps.Pumped::sum).isEqualTo(outcome.sums());
    }

    @ParameterizedTest(name = "{0}, {1} devices")
    @CsvSource({"LINUX, 1", "LINUX, 8", "COM_PLATFORM_CONVENTION, 2", "COM_MICROSOFT_CONVENTION, 2"})
    void restoresEveryByteOfEveryStripe(Simulator.Face face, int devices) throws Exception {
        Script script = Script.restore("restore-" + devices, devices, 4 << 20, 1 << 20);
        ClientVirtualDeviceSet set = face.vdi().newClientSet();
        set.create(null, script.setName(), VDConfig.request(devices, Features.LIKE_PIPE));

        FutureTask<Outcome> server = start(new ScriptedServer(simulator.server().newServerSet(), script)::run);
        List<ClientPumps.Pumped> pumped = new ClientPumps(set, script.deviceNames()).run();
        set.close();

        Outcome outcome = server.get(20, TimeUnit.SECONDS);
        assertThat(outcome.codes()).isEmpty();
        assertThat(pumped).extracting(ClientPumps.Pumped::sum).isEqualTo(outcome.sums());
    }

    static <T> FutureTask<T> start(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().name("server").start(task);
        return task;
    }
}
