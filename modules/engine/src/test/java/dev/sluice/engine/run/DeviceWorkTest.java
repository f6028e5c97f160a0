package dev.sluice.engine.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeviceWorkTest {

    /// Tests run with shorter ones. These are what SQL Server gets: long enough that its own words come first.
    @Test
    void sqlServerHasFiveSecondsToDrainTenToAbortThirtyToCancelAndTwoToCloseItsDevices() {
        assertThat(DeviceWork.Waits.DEFAULT)
                .isEqualTo(new DeviceWork.Waits(
                        Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(2)));
    }
}
