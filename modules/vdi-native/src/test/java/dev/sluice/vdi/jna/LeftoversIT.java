package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The library clears up the files that crashed processes leave on tmpfs: they take memory, and no other program
/// deletes them.
class LeftoversIT {

    private static final VDConfig ONE = VDConfig.request(1, Features.LIKE_PIPE);

    @RegisterExtension
    final Simulator simulator = new Simulator();

    private Path path(String name) {
        return simulator.directory().resolve(name);
    }

    private ServerSocketChannel listen(String name) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path(name)));
    }

    /// The name of a socket stays when its process is gone.
    private void abandonedSocket(String name) throws IOException {
        listen(name).close();
        assertThat(path(name)).exists();
    }

    private void age(String name) throws IOException {
        Files.setLastModifiedTime(path(name), FileTime.from(Instant.now().minus(Duration.ofMinutes(1))));
    }

    @Test
    void createDeletesFilesOfCrashedProcessesAndNoneInUse() throws Exception {
        abandonedSocket("n-client.c");
        abandonedSocket("n-server.0000000000000001.s");
        Files.write(path("n-memory.0000000000000002.0.m"), new byte[4096]);
        Files.write(path("n-mapping.0000000000000003.0.m"), new byte[4096]);
        Files.writeString(path("another-programs.txt"), "not ours");
        abandonedSocket("n-young.c");
        try (ServerSocketChannel _ = listen("n-alive.c");
                ServerSocketChannel _ = listen("n-mapping.0000000000000003.s")) {
            for (String old : simulator.files()) {
                if (!old.contains("young")) {
                    age(old);
                }
            }

            ClientVirtualDeviceSet client = Simulator.Face.LINUX.vdi().newClientSet();
            client.create(null, "another", ONE);

            assertThat(simulator.files())
                    .containsExactlyInAnyOrder(
                            "n-another.c",
                            "n-young.c",
                            "n-alive.c",
                            "n-mapping.0000000000000003.s",
                            "n-mapping.0000000000000003.0.m",
                            "another-programs.txt");
            client.close();
        }
        for (String name : simulator.files()) {
            Files.delete(path(name));
        }
    }
}
