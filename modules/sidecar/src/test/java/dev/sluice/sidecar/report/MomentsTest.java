package dev.sluice.sidecar.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class MomentsTest {

    @Test
    void instantsOfAnyPrecisionHaveOneWidth() {
        assertThat(Moments.text(Instant.parse("2026-11-30T16:42:16.310492600Z")))
                .isEqualTo("2026-11-30T16:42:16.310Z");
        assertThat(Moments.text(Instant.parse("2026-11-30T16:42:11.4106Z"))).isEqualTo("2026-11-30T16:42:11.410Z");
        assertThat(Moments.text(Instant.parse("2026-11-30T16:42:11Z"))).isEqualTo("2026-11-30T16:42:11.000Z");
    }
}
