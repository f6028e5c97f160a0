package dev.sluice.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is read by hand means what the JDK's formatter takes it for.
class PlainTimeTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-11-30T10:00:00Z",
                "2026-02-28T23:59:59.5Z",
                "2024-02-29T00:00:00.123456789Z",
                "0000-01-01T00:00:00Z",
                "9999-12-31T23:59:59.999999999Z",
                "2026-11-28T24:00:00Z",
                "2026-11-30T10:00:00+01:00",
                "2026-11-30t10:00:00z",
                "-0001-01-01T00:00:00Z",
            })
    void aTimeIsTheJdks(String text) {
        assertThat(PlainTime.parse(text)).isEqualTo(Instant.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Z",
                "2026-11-30T10:00:00",
                "2026-11-31T10:00:00Z",
                "2026-02-29T10:00:00Z",
                "2026-13-01T10:00:00Z",
                "2026-11-28T10:60:00Z",
                "2026-11-28T10:00:00.1234567890Z",
                "2026-11-28T10:00:00,1Z",
                "2026-11-28T10:00:0٣Z",
                "2026/11/28T10:00:00Z",
            })
    void whatTheJdkRefusesIsRefused(String text) {
        assertThatThrownBy(() -> Instant.parse(text)).isInstanceOf(DateTimeException.class);
        assertThatThrownBy(() -> PlainTime.parse(text)).isInstanceOf(DateTimeException.class);
    }

    @Test
    void secondsOfAYearAreTheJdks() {
        Instant time = Instant.parse("2024-01-01T00:00:00Z");
        for (int i = 0; i < 2_000; i++) {
            time = time.plusSeconds(15_817).plusNanos(1_234_567L * i);
            assertThat(PlainTime.parse(time.toString())).isEqualTo(time);
        }
    }
}
