package dev.sluice.sidecar.install;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.NativeLibrary;
import dev.sluice.vdi.jna.LinuxVdi;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a self-test learns from the library itself (Q1 and Q29), on the simulator's with each of its switches.
@Timeout(60)
class NativeSurroundingsIT {

    private static final Path LIBRARY = Path.of("../simulator/target/native/libsqlvdi.so");

    private Path shared;

    @BeforeEach
    void start() throws Exception {
        boolean built = Files.isRegularFile(LIBRARY);
        if (!Boolean.getBoolean("sluice.require.native")) {
            Assumptions.assumeTrue(built, "libsqlvdi.so was not built: no g++ and make");
        }
        assertThat(built).isTrue();
        shared = Files.createTempDirectory(Path.of("/dev/shm"), "ns");
        environment("SLUICE_VDI_DIR", shared.toString());
    }

    @AfterEach
    void stop() throws Exception {
        environment("SLUICE_VDI_TIMEOUT_UNIT", "ms");
        if (shared != null) {
            Files.deleteIfExists(shared);
        }
    }

    private static void environment(String name, String value) {
        NativeLibrary.getInstance("c").getFunction("setenv").invokeInt(new Object[] {name, value, 1});
    }

    @Test
    void theUnitOfTimeoutsIsToldApart() {
        NativeSurroundings surroundings = new NativeSurroundings(() -> LinuxVdi.open(LIBRARY));
        assertThat(surroundings.timeoutUnit())
                .hasValueSatisfying(unit -> assertThat(unit).endsWith("milliseconds"));

        environment("SLUICE_VDI_TIMEOUT_UNIT", "s");
        assertThat(surroundings.timeoutUnit())
                .hasValueSatisfying(unit -> assertThat(unit).contains("longer than milliseconds"));
    }

    @Test
    void aLibraryWithItsSymbolsAndOneWithoutAreToldApart() {
        NativeSurroundings whole = new NativeSurroundings(() -> LinuxVdi.open(LIBRARY));
        Path other = Path.of("/lib/x86_64-linux-gnu/libm.so.6");
        Assumptions.assumeTrue(Files.exists(other), "no libm at " + other);
        NativeSurroundings lacking = new NativeSurroundings(() -> LinuxVdi.open(other));

        assertThat(whole.symbols())
                .hasValueSatisfying(found -> assertThat(found).contains("was found"));
        assertThat(whole.facts()).containsKeys("os", "architecture", "library", "libraryBytes");
        assertThat(lacking.symbols())
                .hasValueSatisfying(missing ->
                        assertThat(missing).contains("it lacks ClientVirtualDeviceSet::ClientVirtualDeviceSet()"));
        assertThat(lacking.facts().get("library")).startsWith("cannot be used");
    }
}
