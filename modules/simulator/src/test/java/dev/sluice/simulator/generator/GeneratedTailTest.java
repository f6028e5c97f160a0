package dev.sluice.simulator.generator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.mtf.BackupSetType;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.StreamTail;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The last bytes of a generated stream say of it what all of it says.
final class GeneratedTailTest {

    private static final int ENOUGH = 64 << 10;

    @Test
    void bothFormsOfAGeneratedStreamEndAlike() {
        for (BackupSetType type : List.of(BackupSetType.DATABASE, BackupSetType.DIFFERENTIAL, BackupSetType.LOG)) {
            for (boolean filemarks : new boolean[] {true, false}) {
                BackupRecipe recipe = new SyntheticBackup("Sales", 5)
                        .type(type)
                        .stripes(2)
                        .filemarks(filemarks)
                        .recipe();
                byte[] stream = GeneratedStreamTest.bytes(recipe, 1, 65_536);
                Inspection.Inspected whole = Chunks.inspected(stream, 65_536);

                assertThat(tail(stream, ENOUGH).map(StreamTail::header)).contains(requireNonNull(whole.last()));
                assertThat(tail(stream, stream.length + 1).map(StreamTail::header))
                        .contains(requireNonNull(whole.last()));
                assertThat(tail(stream, 200)).isEmpty();
            }
        }
    }

    @Test
    void ofTwoStreamsInOneFileItIsTheLastOnesAndOfNoStreamThereIsNone() {
        byte[] one = GeneratedStreamTest.bytes(new SyntheticBackup("One", 1).recipe(), 0, 65_536);
        byte[] two = GeneratedStreamTest.bytes(new SyntheticBackup("Two", 2).recipe(), 0, 65_536);
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(one);
        both.writeBytes(two);

        assertThat(tail(both.toByteArray(), ENOUGH).orElseThrow().header().database())
                .isEqualTo("Two");
        assertThat(StreamTail.of(MemorySegment.ofArray(new byte[ENOUGH]), 1)).isEmpty();
        assertThat(StreamTail.of(MemorySegment.ofArray(new byte[3]), 0)).isEmpty();
    }

    private static Optional<StreamTail> tail(byte[] stream, int length) {
        int from = Math.max(0, stream.length - length);
        return StreamTail.of(MemorySegment.ofArray(Arrays.copyOfRange(stream, from, stream.length)), from);
    }
}
