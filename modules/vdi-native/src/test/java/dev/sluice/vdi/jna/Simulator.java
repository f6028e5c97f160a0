package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import dev.sluice.simulator.vdi.CrossProcessVdi;
import dev.sluice.vdi.inprocess.VdiBehavior;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// The simulator's library, with a directory on tmpfs for each test, which must be empty afterwards.
final class Simulator implements BeforeEachCallback, AfterEachCallback {

    static final Duration PROMPTLY = Duration.ofSeconds(10);

    private Path directory = Path.of("");

    /// `libsqlvdi.so`, `vdi-client`; skips the test when no compiler was there to build it.
    static Path built(String file) {
        Path path = Path.of(System.getProperty("sluice.native.dir", "../simulator/target/native"), file)
                .toAbsolutePath()
                .normalize();
        if (!Boolean.getBoolean("sluice.require.native")) {
            Assumptions.assumeTrue(Files.exists(path), () -> path + " was not built: no g++ and make");
        }
        assertThat(path).exists();
        return path;
    }

    /// The ways to call the same library.
    enum Face {
        LINUX,
        COM_PLATFORM_CONVENTION,
        COM_MICROSOFT_CONVENTION;

        NativeVdi vdi() {
            Path library = built("libsqlvdi.so");
            return switch (this) {
                case LINUX -> NativeVdi.open(NativeVdi.Provider.LINUX, library);
                case COM_PLATFORM_CONVENTION ->
                    new WindowsVdi(new FactoryFunction(library, 0, Function.C_CONVENTION), PROMPTLY);
                case COM_MICROSOFT_CONVENTION -> {
                    Assumptions.assumeTrue("amd64".equals(System.getProperty("os.arch")), "x86-64 only");
                    yield new WindowsVdi(new FactoryFunction(library, 1, FFI_WIN64), PROMPTLY);
                }
            };
        }
    }

    /// Makes libffi call by Microsoft's x64 convention on Linux (`FFI_WIN64` of its `ffi_abi`).
    private static final int FFI_WIN64 = 3;

    /// COM without Windows: the simulator's library exports a function in the place of CoCreateInstance.
    static final class FactoryFunction implements ComRuntime {
        private final Function factory;
        private final int convention;
        private final int callFlags;

        FactoryFunction(Path library, int convention, int callFlags) {
            this.factory = NativeLibrary.getInstance(library.toString()).getFunction("sluice_vdi_create_instance");
            this.convention = convention;
            this.callFlags = callFlags;
        }

        @Override
        public int initialize() {
            return 0;
        }

        @Override
        public void uninitialize() {}

        @Override
        public int createInstance(Memory classId, Memory interfaceId, Memory object) {
            return factory.invokeInt(new Object[] {convention, classId, interfaceId, object});
        }

        @Override
        public int callFlags() {
            return callFlags;
        }
    }

    Path directory() {
        return directory;
    }

    CrossProcessVdi server() {
        return new CrossProcessVdi(directory, VdiBehavior.DEFAULT);
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        directory = Files.createTempDirectory(Path.of("/dev/shm"), "sv");
        environment(CrossProcessVdi.DIRECTORY_VARIABLE, directory.toString());
    }

    /// Sets a variable for native code in this process; Java's own view of the environment does not change.
    static void environment(String name, String value) {
        NativeLibrary.getInstance("c").getFunction("setenv").invokeInt(new Object[] {name, value, 1});
    }

    List<String> files() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            entries.forEach(entry -> names.add(String.valueOf(entry.getFileName())));
        }
        return names;
    }

    /// Waits until nothing is left.
    void awaitEmptyDirectory() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PROMPTLY.toNanos();
        while (!files().isEmpty() && System.nanoTime() < deadline) {
            Thread.sleep(5);
        }
        assertThat(files()).as("left on tmpfs").isEmpty();
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException, InterruptedException {
        try {
            awaitEmptyDirectory();
        } finally {
            for (String name : files()) {
                Files.delete(directory.resolve(name));
            }
            Files.delete(directory);
        }
    }
}
