package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.jna.ScriptedServer.Outcome;
import dev.sluice.vdi.jna.ScriptedServer.Script;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// COM's rules for its callers: every thread enters, every thread leaves, every object is released.
class ApartmentIT {

    @RegisterExtension
    final Simulator simulator = new Simulator();

    @Test
    void everyThreadThatEntersTheApartmentLeavesIt() throws Exception {
        Path library = Simulator.built("libsqlvdi.so");
        Function alive = NativeLibrary.getInstance(library.toString()).getFunction("sluice_vdi_live_objects");
        int before = alive.invokeInt(new Object[0]);
        Counting runtime = new Counting(library);
        Script script = Script.backup("apartment", 2, 1 << 20, 64 << 10);
        ClientVirtualDeviceSet set = new WindowsVdi(runtime, Simulator.PROMPTLY).newClientSet();
        set.create(null, script.setName(), VDConfig.request(2, Features.LIKE_PIPE));
        assertThat(runtime.entered()).as("one thread keeps COM alive").isOne();

        FutureTask<Outcome> server =
                CrossProcessIT.start(new ScriptedServer(simulator.server().newServerSet(), script)::run);
        new ClientPumps(set, script.deviceNames()).run();
        set.close();

        assertThat(server.get(10, TimeUnit.SECONDS).good()).isTrue();
        assertThat(runtime.entered()).isZero();
        assertThat(alive.invokeInt(new Object[0])).isEqualTo(before);
    }

    @Test
    void saysWhatToTryWhenTheClassIsNotRegistered() {
        Path library = Simulator.built("libsqlvdi.so");
        var vdi = new WindowsVdi(new Simulator.FactoryFunction(library, 99, Function.C_CONVENTION), Duration.ZERO);

        assertThatThrownBy(() -> vdi.newClientSet().create(null, "s", VDConfig.request(1, Features.LIKE_PIPE)))
                .isInstanceOf(VdiUnavailableException.class)
                .hasMessageContaining("REGDB_E_CLASSNOTREG")
                .hasMessageContaining("regsvr32");
    }

    private static final class Counting implements ComRuntime {
        private final ComRuntime factory;
        private final Map<Thread, Integer> depth = new ConcurrentHashMap<>();

        Counting(Path library) {
            this.factory = new Simulator.FactoryFunction(library, 0, Function.C_CONVENTION);
        }

        /// Threads that are in the apartment.
        long entered() {
            return depth.values().stream().filter(d -> d != 0).count();
        }

        @Override
        public int initialize() {
            depth.merge(Thread.currentThread(), 1, Integer::sum);
            return 0;
        }

        @Override
        public void uninitialize() {
            depth.merge(Thread.currentThread(), -1, Integer::sum);
        }

        @Override
        public int createInstance(Memory classId, Memory interfaceId, Memory object) {
            return factory.createInstance(classId, interfaceId, object);
        }

        @Override
        public int callFlags() {
            return factory.callFlags();
        }
    }
}
