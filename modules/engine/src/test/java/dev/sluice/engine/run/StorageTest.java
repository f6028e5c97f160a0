package dev.sluice.engine.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument.StoredAs;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.PartPlan;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StorageTest {

    private static final int MIB = 1 << 20;
    private static final PartPlan SUITABLE = PartPlan.forStripe(0, MIB, 256L * MIB);
    private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");

    @Test
    void aLockLastsFromTheBackupsOwnBeginning() {
        ObjectOptions objects =
                new ObjectOptions("STANDARD_IA", new ObjectOptions.Encryption.S3Managed(), Map.of("a", "b"), null);
        Storage storage =
                new Storage(0, objects, new Storage.Lock(ObjectOptions.LockMode.GOVERNANCE, Duration.ofDays(2)));

        assertThat(storage.objects(START))
                .isEqualTo(new ObjectOptions(
                        "STANDARD_IA",
                        new ObjectOptions.Encryption.S3Managed(),
                        Map.of("a", "b"),
                        new ObjectOptions.Lock(
                                ObjectOptions.LockMode.GOVERNANCE, Instant.parse("2026-03-03T10:00:00Z"))));
        assertThat(new Storage(0, objects, null).objects(START)).isEqualTo(objects);
    }

    @Test
    void aBackupsOwnClassAndLockReplaceThoseOfAllOthers() {
        Storage all = new Storage(
                0,
                new ObjectOptions("STANDARD_IA", null, Map.of(), null),
                new Storage.Lock(ObjectOptions.LockMode.GOVERNANCE, Duration.ofDays(2)));
        ObjectOptions.Lock own =
                new ObjectOptions.Lock(ObjectOptions.LockMode.COMPLIANCE, Instant.parse("2026-03-31T10:00:00Z"));
        Storage.Lock monthly = new Storage.Lock(ObjectOptions.LockMode.COMPLIANCE, Duration.ofDays(30));

        assertThat(all.asked(Storage.Choice.NONE, START)).isEqualTo(new StoredAs("STANDARD_IA", all.lock(START)));
        assertThat(all.asked(new Storage.Choice("GLACIER_IR", monthly), START))
                .isEqualTo(new StoredAs("GLACIER_IR", own));
        assertThat(Storage.DEFAULT.asked(Storage.Choice.NONE, START)).isNull();
        assertThat(Storage.DEFAULT.asked(new Storage.Choice(null, monthly), START))
                .isEqualTo(new StoredAs(null, own));
    }

    @Test
    void aPartSizeReplacesThePlansAndNothingElse() {
        assertThat(new Storage(5 * MIB, ObjectOptions.NONE, null).plan(SUITABLE))
                .isEqualTo(new PartPlan(5 * MIB, SUITABLE.maxParts(), SUITABLE.blockSize(), SUITABLE.maxTransfer()));
        assertThat(Storage.DEFAULT.plan(SUITABLE)).isEqualTo(SUITABLE);
    }

    @Test
    void aPartThatS3RefusesIsRefusedAtOnce() {
        assertThatThrownBy(() -> new Storage(4 * MIB, ObjectOptions.NONE, null))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
