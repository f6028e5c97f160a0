package dev.sluice.simulator.vdi;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SetFilesTest {

    private static String base(String key) {
        return new SetFiles(Path.of("/d"), key).base();
    }

    @Test
    void plainNamesAreReadable() {
        assertThat(base("sluice-01JD4Z0000000000000000000A")).isEqualTo("n-sluice-01JD4Z0000000000000000000A");
    }

    /// FNV-1a, computed elsewhere. (That the C++ side agrees, a set with a long name proves in an integration
    /// test.)
    @Test
    void otherNamesAreHashed() {
        assertThat(base("a.b")).isEqualTo("h-e61d99190466522c");
        assertThat(base("x".repeat(41))).startsWith("h-");
        assertThat(base(SetFiles.key("SALES", "s"))).startsWith("h-").isNotEqualTo(base("s"));
    }

    @Test
    void theDefaultInstanceIsNoInstance() {
        assertThat(SetFiles.key(null, "s")).isEqualTo("s").isEqualTo(SetFiles.key("", "s"));
    }

    /// A socket's path has 107 bytes.
    @Test
    void fileNamesLeaveRoomForADirectoryInASocketsPath() {
        SetFiles longest = new SetFiles(Path.of("/" + "d".repeat(44)), "n".repeat(40));

        assertThat(longest.serverSocket(-1).toString()).hasSizeLessThanOrEqualTo(107);
    }
}
