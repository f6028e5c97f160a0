package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.jna.ScriptedServer.Outcome;
import dev.sluice.vdi.jna.ScriptedServer.Script;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// From the settings of a configuration file to a set that SQL Server finds.
class NativeVdiIT {

    @RegisterExtension
    final Simulator simulator = new Simulator();

    @TempDir
    Path workingDirectory = Path.of("");

    @Test
    void theSimulatorsLibraryIsOpenedLikeSqlServers() throws Exception {
        Path folder = Simulator.built("libsqlvdi.so").getParent();
        NativeVdi vdi = NativeVdi.open(NativeVdi.Provider.AUTO, folder);
        assertThat(vdi.description()).contains("libsqlvdi.so").contains("configured");
        Supplier<ClientVirtualDeviceSet> sets = vdi.clientSets(null);

        for (int statement = 0; statement < 2; statement++) {
            Script script = Script.backup("configured-" + statement, 1, 1 << 20, 64 << 10);
            ClientVirtualDeviceSet set = sets.get();
            set.create(null, script.setName(), VDConfig.request(1, Features.LIKE_PIPE));
            FutureTask<Outcome> server =
                    CrossProcessIT.start(new ScriptedServer(simulator.server().newServerSet(), script)::run);
            new ClientPumps(set, script.deviceNames()).run();
            set.close();
            assertThat(server.get(10, TimeUnit.SECONDS).codes()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"COM_PLATFORM_CONVENTION", "COM_MICROSOFT_CONVENTION"})
    void setsBelongToTheConfiguredInstance(Simulator.Face face) {
        ClientVirtualDeviceSet set = face.vdi().clientSets("REPORTING").get();
        set.create(null, "instance", VDConfig.request(1, Features.LIKE_PIPE));
        var server = simulator.server().newServerSet();
        var ofTheDefaultInstance = simulator.server().newServerSet();

        assertThatThrownBy(() -> ofTheDefaultInstance.open(null, "instance")).hasMessageContaining("VD_E_INVALID");
        server.open("REPORTING", "instance");

        server.close();
        set.close();
    }

    @Test
    void linuxHasNoNamedInstances() {
        NativeVdi vdi = Simulator.Face.LINUX.vdi();

        assertThatThrownBy(() -> vdi.clientSets("REPORTING"))
                .isInstanceOf(VdiUnavailableException.class)
                .hasMessageContaining("REPORTING")
                .hasMessageContaining("default instance");
        assertThat(vdi.clientSets("")).isNotNull();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void windowsInterfaceIsNotOnLinux() {
        assertThatThrownBy(() -> NativeVdi.open(NativeVdi.Provider.WINDOWS, null))
                .isInstanceOf(VdiUnavailableException.class)
                .hasMessageContaining("COM");
    }

    /// As on a machine whose temporary directory is mounted noexec: JNA has no place for its own library.
    @Test
    void saysWhatToDoWhenJnaItselfCannotBeLoaded() throws Exception {
        Path library = Simulator.built("libsqlvdi.so");
        try (ChildProcess client = ChildProcess.java(
                simulator.directory(),
                workingDirectory,
                new String[] {"-Djna.nounpack=true", "-Djna.nosys=true", "-Djna.boot.library.path=/nowhere"},
                Opening.class,
                library)) {
            client.awaitLine("VdiUnavailableException names -Djna.tmpdir=DIR");
            assertThat(client.exitCode()).isZero();
        }
    }

    static final class Opening {
        private Opening() {}

        public static void main(String[] arguments) {
            try {
                NativeVdi.open(NativeVdi.Provider.LINUX, Path.of(arguments[0]));
            } catch (VdiUnavailableException e) {
                boolean helpful = String.valueOf(e.getMessage()).contains("-Djna.tmpdir=DIR");
                System.out.println(e.getClass().getSimpleName() + (helpful ? " names -Djna.tmpdir=DIR" : e));
            }
        }
    }
}
