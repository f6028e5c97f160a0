package dev.sluice.mtf.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testsupport.RealBackups;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class StripeSetValidatorTest {
    private static final PageSink IGNORE = (_, _, _, _) -> {};

    @Test
    void realStripesAreSound() {
        assertThat(judge(
                        RealBackups.read("striped-2008r2/stripe1/RestoreTimeStripe.bak"),
                        RealBackups.read("striped-2008r2/stripe2/RestoreTimeStripe1.bak")))
                .isInstanceOf(SetVerdict.Sound.class);
        assertThat(judge(RealBackups.read("striped-2008r2/stripe2/RestoreTimeStripe1.bak")))
                .satisfies(says(3132, 1));
        assertThat(judge(
                        RealBackups.read("striped-2008r2/stripe1/RestoreTimeStripe.bak"),
                        RealBackups.read("striped-2008r2/stripe2/RestoreTimeStripe_1a.trn")))
                .satisfies(says(3258, 2));
    }

    @Test
    void compressedStripesAreSoundAsFarAsCanBeSeen() {
        assertThat(judge(RealBackups.read("compressed-2016/TutorialDB.bak")))
                .isInstanceOfSatisfying(
                        SetVerdict.Sound.class,
                        sound -> assertThat(sound.opaque()).isTrue());
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
}
