package dev.sluice.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogStripesTest {

    private static final long MIB = 1 << 20;

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 1", "64, 1", "65, 2", "128, 2", "129, 3", "511, 8", "1048576, 8"})
    void oneStripeIsTakenForEachSixtyFourMebibytesAndNoMoreThanAskedFor(long mebibytes, int stripes) {
        assertThat(LogStripes.of(OptionalLong.of(mebibytes * MIB), 8)).isEqualTo(stripes);
    }

    @Test
    void anAmountThatIsNotKnownTakesOneStripe() {
        assertThat(LogStripes.of(OptionalLong.empty(), 8)).isEqualTo(1);
        assertThat(LogStripes.of(OptionalLong.of(Long.MAX_VALUE), 8)).isEqualTo(8);
    }
}
