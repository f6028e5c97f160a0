package dev.sluice.simulator.generator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.PageSink;
import dev.sluice.mtf.inspect.SetVerdict;
import dev.sluice.mtf.inspect.StreamInspector;
import dev.sluice.mtf.inspect.StripeSetValidator;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Stripes of generated backups are judged as a set, under the numbers that SQL Server has for what is wrong.
final class StripeSetTest {
    private static final PageSink IGNORE = (_, _, _, _) -> {};
    private final byte[] one = stripe(1, 0);
    private final byte[] two = stripe(1, 1);

    @Test
    void allStripesOfABackupAreSound() {
        SetVerdict verdict = judge(one, two);

        assertThat(verdict).isInstanceOfSatisfying(SetVerdict.Sound.class, sound -> {
            assertThat(sound.header().database()).isEqualTo("Sales");
            assertThat(sound.families()).containsExactly(1, 2);
            assertThat(sound.opaque()).isFalse();
        });
    }

    @Test
    void stripesInAnotherOrderAreSound() {
        assertThat(judge(two, one))
                .isInstanceOfSatisfying(
                        SetVerdict.Sound.class,
                        sound -> assertThat(sound.families()).containsExactly(2, 1));
    }

    @Test
    void missingStripeIs3132() {
        assertThat(judge(one)).satisfies(says(3132, 1));
    }

    @Test
    void tooManyDevicesAre3231() {
        assertThat(judge(one, two, one)).satisfies(says(3231, 1));
    }

    @Test
    void sameStripeTwiceIs3227() {
        assertThat(judge(one, one)).satisfies(says(3227, 2));
    }

    @Test
    void stripeOfAnotherBackupIs3258() {
        assertThat(judge(one, stripe(2, 1))).satisfies(says(3258, 2));
    }

    @Test
    void noBackupIs3241() {
        byte[] damaged = one.clone();
        damaged[20] ^= 1;

        assertThat(judge(new byte[4096])).satisfies(says(3241, 1));
        assertThat(judge(damaged, two)).satisfies(says(3241, 1));
    }

    @Test
    void emptyDeviceIs3208() {
        assertThat(judge(new byte[0])).satisfies(says(3208, 1));
        assertThat(judge(Arrays.copyOf(one, 150), two)).satisfies(says(3208, 1));
    }

    @Test
    void damageInPagesIs3189() {
        byte[] damaged = two.clone();
        damaged[80_000] ^= 1;

        assertThat(judge(one, damaged)).satisfies(says(3189, 2));
    }

    @Test
    void damageInStructureIs3242() {
        byte[] damaged = two.clone();
        damaged[8_192 + 30] ^= 1; // header of SSET

        assertThat(judge(one, damaged)).satisfies(says(3242, 2));
    }

    @Test
    void cutOffSetIs3256() {
        assertThat(judge(one, Arrays.copyOf(two, two.length / 2))).satisfies(says(3256, 2));
        assertThat(judge(one, Arrays.copyOf(two, two.length - 4_096))).satisfies(says(3256, 2));
    }

    @Test
    void pageOutOfPlaceIs3183() {
        SyntheticPages pages = new SyntheticPages(1, 0);
        PageSource swapped = (file, number, memory, offset) -> {
            pages.page(file, number, memory, offset);
            if (number == 13) {
                memory.set(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), offset + 32, 12);
            }
        };
        BackupRecipe plain = new SyntheticBackup("Sales", 1).recipe();
        BackupRecipe recipe = plain.with(swapped, plain.log());

        assertThat(judge(GeneratedStreamTest.bytes(recipe, 0, 65_536))).satisfies(says(3183, 1));
    }

    @Test
    void identicalLabelsOfDifferentSetsAre3258() {
        BackupRecipe r = recipe(1);
        BackupRecipe other = new BackupRecipe(
                r.header(),
                r.mediaSet(),
                recipe(2).set(),
                r.name(),
                r.description(),
                r.user(),
                r.machine(),
                r.blockSize(),
                r.filemarks(),
                r.stripes(),
                r.pages(),
                r.log());

        assertThat(judge(one, GeneratedStreamTest.bytes(other, 1, 65_536))).satisfies(says(3258, 2));
    }

    private static Consumer<SetVerdict> says(int number, int device) {
        return verdict -> assertThat(verdict).isInstanceOfSatisfying(SetVerdict.Unsound.class, unsound -> {
            assertThat(unsound.first().number()).as(unsound.first().text()).isEqualTo(number);
            assertThat(unsound.first().device()).isEqualTo(device);
        });
    }

    private static SetVerdict judge(byte[]... stripes) {
        List<Inspection> reports = Arrays.stream(stripes)
                .map(stripe -> {
                    StreamInspector inspector = StreamInspector.reading(IGNORE);
                    inspector.update(MemorySegment.ofArray(stripe));
                    return inspector.report();
                })
                .toList();
        return StripeSetValidator.validate(reports);
    }

    private static BackupRecipe recipe(long seed) {
        return new SyntheticBackup("Sales", seed)
                .extents(Extents.of(1, 40))
                .stripes(2)
                .recipe();
    }

    private static byte[] stripe(long seed, int index) {
        return GeneratedStreamTest.bytes(recipe(seed), index, 65_536);
    }
}
