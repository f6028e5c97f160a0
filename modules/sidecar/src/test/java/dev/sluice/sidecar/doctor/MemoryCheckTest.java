package dev.sluice.sidecar.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sidecar.doctor.DoctorFinding.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryCheckTest {

    private static final long MIB = 1 << 20;

    @TempDir
    Path cgroups;

    private DoctorFinding limit(long budget) {
        return new MemoryCheck(budget * MIB, 1280 * MIB, 256 * MIB, cgroups)
                .findings()
                .get(1);
    }

    @Test
    void aBudgetThatTheJvmDoesNotAllow() {
        DoctorFinding finding = new MemoryCheck(2048 * MIB, 1280 * MIB, 256 * MIB, cgroups)
                .findings()
                .getFirst();

        assertThat(finding.level()).isEqualTo(Level.FAIL);
        assertThat(finding.fix()).contains("-XX:MaxDirectMemorySize=2112m", "1216MiB");
    }

    @Test
    void aBudgetThatTheContainerDoesNotAllow() throws Exception {
        Files.writeString(cgroups.resolve("memory.max"), 512 * MIB + "\n");

        assertThat(limit(512).level()).isEqualTo(Level.FAIL);
        assertThat(limit(256).level()).isEqualTo(Level.WARN);
        assertThat(limit(256).fix()).contains("704Mi", "192MiB");
        assertThat(limit(64).level()).isEqualTo(Level.OK);
    }

    @Test
    void controlGroupsOfVersion1AreUnderstood() throws Exception {
        Path file = Files.createDirectories(cgroups.resolve("memory")).resolve("memory.limit_in_bytes");

        Files.writeString(file, 512 * MIB + "\n");
        assertThat(limit(512).level()).isEqualTo(Level.FAIL);

        Files.writeString(file, "9223372036854771712\n");
        assertThat(limit(512).level()).isEqualTo(Level.OK);
    }

    @Test
    void noLimitIsNoTrouble() throws Exception {
        assertThat(limit(512).level()).isEqualTo(Level.OK);

        Files.writeString(cgroups.resolve("memory.max"), "max\n");
        assertThat(limit(512).level()).isEqualTo(Level.OK);
    }
}
