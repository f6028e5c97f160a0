package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.simulator.vdi.CrossProcessVdi;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.inprocess.VdiBehavior;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Containers get 64 MB of /dev/shm, which is less than many a configuration asks for. Needs the right to mount.
class SmallTmpfsIT {

    private Path directory = Path.of("");

    @BeforeEach
    void mount() throws Exception {
        directory = Files.createTempDirectory(Path.of("/dev/shm"), "sv");
        if (command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory.toString()) != 0) {
            Files.delete(directory);
            Assumptions.abort("this account may not mount a tmpfs");
        }
        Simulator.environment(CrossProcessVdi.DIRECTORY_VARIABLE, directory.toString());
    }

    @AfterEach
    void unmount() throws Exception {
        if (!Files.exists(directory)) {
            return;
        }
        // Busy for a moment more: the server unmaps when it hears of the client's Close.
        long deadline = System.nanoTime() + Simulator.PROMPTLY.toNanos();
        while (command("umount", directory.toString()) != 0) {
            assertThat(System.nanoTime())
                    .as("a process keeps the memory mapped")
                    .isLessThan(deadline);
        }
        Files.delete(directory);
    }

    private static int command(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void tooLittleMemoryIsAnAnswerAndNotACrashLaterOn() throws Exception {
        ClientVirtualDeviceSet client = Simulator.Face.LINUX.vdi().newClientSet();
        client.create(null, "small", VDConfig.request(1, Features.LIKE_PIPE));
        ServerVirtualDeviceSet server = new CrossProcessVdi(directory, VdiBehavior.DEFAULT).newServerSet();
        server.open(null, "small");
        server.beginConfiguration(Features.LIKE_PIPE, 512, 0, 1 << 20, Duration.ZERO);
        server.requestBuffers(1 << 20, 0, 4);
        assertThatThrownBy(server::endConfiguration).hasMessageContaining("VD_E_MEMORY");
        assertThatThrownBy(() -> client.getConfiguration(Timeouts.POLL)).hasMessageContaining("VD_E_TIMEOUT");

        server.requestBuffers(64 << 10, 0, 4);
        server.endConfiguration();

        assertThat(client.getConfiguration(Simulator.PROMPTLY).bufferAreaSize()).isGreaterThanOrEqualTo(256 << 10);
        server.close();
        client.close();
        long deadline = System.nanoTime() + Simulator.PROMPTLY.toNanos();
        while (entries() > 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(entries()).isZero();
    }

    private long entries() throws IOException {
        try (var left = Files.list(directory)) {
            return left.count();
        }
    }
}
