package dev.sluice.engine.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DeviceNamesTest {

    @Test
    void theFirstDeviceHasTheNameOfTheSet() {
        assertThat(DeviceNames.of("set", 3)).containsExactly("set", "set-2", "set-3");
    }
}
