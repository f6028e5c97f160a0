package dev.sluice.s3;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PartPlanTest {
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    @ParameterizedTest(name = "{0} GiB with {1} MiB of memory: parts of {2} MiB")
    @CsvSource({
        "0, 512, 16", // unknown
        "1, 512, 16",
        "2, 512, 32",
        "20, 512, 64",
        "20, 128, 16", // eight of them are in memory
        "20, 256, 32",
        "20, 40, 13", // three of them
        "20, 1, 5", // S3 accepts no smaller ones
        "900, 1024, 123", // 10,000 of them, with room for an estimate that is wrong
        "100000, 1024, 341"
    })
    void partsGrowWithTheStripeAsFarAsThereIsMemory(long gib, long memory, long part) {
        assertThat(PartPlan.forStripe(gib * GIB, 1 << 20, memory * MIB).partSize())
                .isEqualTo(part * MIB);
    }
}
