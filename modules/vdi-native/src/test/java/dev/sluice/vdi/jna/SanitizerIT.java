package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.NativeLibrary;
import org.junit.jupiter.api.Test;

class SanitizerIT {

    /// A run under sanitizers that took the ordinary library by mistake would find no error, and look good.
    @Test
    void theLibraryUnderTestIsTheSanitizedOneWhenThatWasAskedFor() {
        LinuxVdi vdi = (LinuxVdi) Simulator.Face.LINUX.vdi();
        NativeLibrary library = NativeLibrary.getInstance(vdi.library().toString());

        boolean asked = Boolean.getBoolean("sluice.test.sanitized");
        assertThat(exports(library, "__asan_init")).isEqualTo(asked);
        assertThat(exports(library, "__ubsan_handle_add_overflow_abort")).isEqualTo(asked);
    }

    private static boolean exports(NativeLibrary library, String symbol) {
        try {
            library.getFunction(symbol);
            return true;
        } catch (UnsatisfiedLinkError e) {
            return false;
        }
    }
}
