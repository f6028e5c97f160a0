package dev.sluice.sidecar.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.engine.run.RunProgress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Sizes in and out, and the line they are shown in.
class ByteSizeTest {

    @ParameterizedTest
    @CsvSource({"0, 0", "4096, 4096", "64MiB, 67108864", "2 gib, 2147483648", "1KiB, 1024"})
    void readsSizesWithUnits(String text, long bytes) {
        assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "MiB", "-1", "1.5GiB", "10 MB", "99999999999999999999", "9999999999999TiB"})
    void refusesWhatIsNoSizeAndSaysHowToWriteIt(String text) {
        assertThatThrownBy(() -> ByteSize.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @ParameterizedTest
    @CsvSource({"0, 0 B", "1023, 1023 B", "1024, 1.00 KiB", "10752, 10.5 KiB", "1073741824, 1.00 GiB"})
    void writesThemWithThreeDigits(long bytes, String text) {
        assertThat(ByteSize.format(bytes)).isEqualTo(text);
    }

    @Test
    void theProgressLineSaysHowFarHowFastAndWhatIsWaitedFor() {
        assertThat(ProgressDisplay.line("backup ", 512L << 20, 4, 0.5, RunProgress.Waiting.MEMORY))
                .isEqualTo("backup  [############------------]  50%  512 MiB  128 MiB/s  ETA 0:04"
                        + "  waiting for memory, which S3 holds");
    }
}
