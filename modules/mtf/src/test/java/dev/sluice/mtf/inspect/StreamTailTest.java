package dev.sluice.mtf.inspect;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testsupport.RealBackups;
import java.lang.foreign.MemorySegment;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the last bytes say is what a reader of all of it hears.
final class StreamTailTest {

    private static final int ENOUGH = 64 << 10;

    static List<RealBackups.Stated> plain() {
        return RealBackups.plain();
    }

    @ParameterizedTest
    @MethodSource("plain")
    void theTailOfARealBackupHasItsFinalHeader(RealBackups.Stated stated) {
        byte[] stream = stated.content();

        StreamTail tail = tail(stream, ENOUGH).orElseThrow();

        assertThat(tail.header()).isEqualTo(Chunks.inspected(stream, 65_536).last());
        assertThat(tail.set()).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("plain")
    void aRealBackupThatIsCutOffHasNone(RealBackups.Stated stated) {
        byte[] stream = stated.content();

        assertThat(tail(Arrays.copyOf(stream, stream.length - 8_192 - 5), ENOUGH))
                .isEmpty();
    }

    @Test
    void aServersClockSaysHowFarItIsFromUtc() {
        var may = Chunks.inspected(RealBackups.read("chain-2016/RestoreTimeClean.bak"), 65_536);
        var december = Chunks.inspected(RealBackups.read("striped-2008r2/stripe1/RestoreTimeStripe.bak"), 65_536);

        assertThat(requireNonNull(may.set()).offset()).isEqualTo(ZoneOffset.ofHours(1));
        assertThat(requireNonNull(december.set()).offset()).isEqualTo(ZoneOffset.UTC);
    }

    private static Optional<StreamTail> tail(byte[] stream, int length) {
        int from = Math.max(0, stream.length - length);
        return StreamTail.of(MemorySegment.ofArray(Arrays.copyOfRange(stream, from, stream.length)), from);
    }
}
