package dev.sluice.engine.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import org.junit.jupiter.api.Test;

class SqlErrorRemediesTest {

    @Test
    void memoryThatTheVirtualDevicesLackIsSharedMemory() {
        RuntimeException failure =
                new IllegalStateException(new VirtualDeviceException(VdError.MEMORY, "GetConfiguration(\"sluice-1\")"));

        assertThat(SqlErrorRemedies.of(failure))
                .hasValueSatisfying(remedy -> assertThat(remedy).contains("/dev/shm", "--shm-size"));
        assertThat(SqlErrorRemedies.of(new VirtualDeviceException(VdError.ABORT, "GetCommand")))
                .isEmpty();
        assertThat(SqlErrorRemedies.of((Throwable) null)).isEmpty();
    }
}
