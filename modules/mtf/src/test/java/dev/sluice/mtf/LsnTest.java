package dev.sluice.mtf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LsnTest {

    @ParameterizedTest
    @CsvSource({
        "39:488:71, 39000000048800071",
        "0:0:0, 0",
        "1:0:0, 1000000000000000",
        "4294967295:4294967295:65535, 4294967295429496729565535",
        "10000:0:1, 10000000000000000001"
    })
    void isTheSameInBothWrittenForms(String text, BigInteger decimal) {
        Lsn lsn = Lsn.parse(text);

        assertThat(lsn.toDecimal()).isEqualTo(decimal);
        assertThat(lsn.toBigDecimal()).isEqualTo(new BigDecimal(decimal));
        assertThat(Lsn.ofDecimal(decimal)).isEqualTo(lsn);
        assertThat(Lsn.ofDecimal(new BigDecimal(decimal))).isEqualTo(lsn);
        assertThat(lsn).hasToString(text);
    }

    @Test
    void isOrderedAsTheLogIs() {
        List<Lsn> ordered = Stream.of("0:0:1", "39:488:71", "39:488:72", "39:500:1", "40:0:1", "4294967295:0:0")
                .map(Lsn::parse)
                .toList();

        assertThat(ordered.reversed().stream().sorted()).isEqualTo(ordered);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "1", "1:2", "1:2:3:4", "a:b:c", "-1:0:0", "4294967296:0:0", "0:4294967296:0", "0:0:65536"})
    void refusesWhatIsNoLsn(String text) {
        assertThatThrownBy(() -> Lsn.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesDecimalsThatAreNoLsn() {
        assertThatThrownBy(() -> Lsn.ofDecimal(BigInteger.valueOf(-1))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Lsn.ofDecimal(BigInteger.TEN.pow(25))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Lsn.ofDecimal(BigInteger.valueOf(99_999))) // a slot has 16 bits, the field five digits
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Lsn.ofDecimal(new BigDecimal("1.5"))).isInstanceOf(ArithmeticException.class);
    }
}
