package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import org.junit.jupiter.api.Test;

class RemediesTest {

    @Test
    void memoryThatTheVirtualDevicesLackIsSharedMemory() {
        RuntimeException failure =
                new IllegalStateException(new VirtualDeviceException(VdError.MEMORY, "GetConfiguration(\"sluice-1\")"));

        assertThat(Remedies.of(failure)).hasValueSatisfying(remedy -> assertThat(remedy)
                .contains("/dev/shm", "--shm-size"));
        assertThat(Remedies.of(new VirtualDeviceException(VdError.ABORT, "GetCommand"))).isEmpty();
        assertThat(Remedies.of((Throwable) null)).isEmpty();
    }
}
