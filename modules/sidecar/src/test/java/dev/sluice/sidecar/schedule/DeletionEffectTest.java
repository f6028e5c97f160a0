package dev.sluice.sidecar.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.retention.DeletionEffect;
import dev.sluice.engine.retention.DeletionPlan;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What a deletion makes unreachable. Each backup takes a minute, and begins an hour after the one before.
class DeletionEffectTest {

    private static final Instant FIRST = Instant.parse("2026-11-01T00:00:00Z");

    private final BackupSeries series = new BackupSeries();

    private void take(String kinds) {
        for (int i = 0; i < kinds.length(); i++) {
            series.take(
                    switch (kinds.charAt(i)) {
                        case 'F' -> Backup.Kind.FULL;
                        case 'D' -> Backup.Kind.DIFFERENTIAL;
                        default -> Backup.Kind.LOG;
                    },
                    end(series.all.size()).minusSeconds(60),
                    Duration.ofMinutes(1));
        }
    }

    private static Instant end(int index) {
        return FIRST.plus(Duration.ofHours(index)).plusSeconds(60);
    }

    private DeletionEffect without(String... ids) {
        return DeletionEffect.of(series.all, Set.of(ids));
    }

    @Test
    void withoutTheLastLogTheInstantsBehindTheOneBeforeAreLost() {
        take("FLL");

        DeletionEffect effect = without("L0002");

        assertThat(effect.lost())
                .extracting(DeletionPlan.Lost::text)
                .containsExactly("the instants from %s to %s".formatted(end(1), end(2)));
        assertThat(effect.stranded()).isEmpty();
        assertThat(effect.restorable()).isTrue();
    }

    @Test
    void withoutALogInTheMiddleThoseBehindItAreStrandedUpToTheNextDataBackup() {
        take("FLLDL");

        DeletionEffect effect = without("L0001");

        assertThat(effect.stranded()).containsExactly("L0002");
        assertThat(effect.lost())
                .extracting(DeletionPlan.Lost::text)
                .containsExactly("the instants from %s to %s".formatted(end(0), end(3)));
    }

    @Test
    void withoutAnOldFullTheNewChainIsAsGoodAsBefore() {
        take("FLFL");

        DeletionEffect effect = without("F0000", "L0001");

        assertThat(effect.stranded()).isEmpty();
        assertThat(effect.lost())
                .extracting(DeletionPlan.Lost::text)
                .containsExactly("the instants from %s to %s".formatted(end(0), end(2)));
        assertThat(effect.restorable()).isTrue();
    }

    @Test
    void withoutItsFullNothingOfTheChainIsLeft() {
        take("FDL");

        DeletionEffect effect = without("F0000");

        assertThat(effect.stranded()).containsExactly("D0001", "L0002");
        assertThat(effect.restorable()).isFalse();
    }

    @Test
    void onePointIsLostAsOnePoint() {
        take("F");

        assertThat(without("F0000").lost())
                .extracting(DeletionPlan.Lost::text)
                .containsExactly("the end of a data backup, " + end(0));
    }

    @Test
    void ofTenThousandBackupsItIsSaidWithinSeconds() {
        take("F" + "L".repeat(4_999));
        take("F" + "L".repeat(4_999));
        long before = System.nanoTime();

        DeletionEffect effect = without("F0000");

        assertThat(effect.stranded()).hasSizeGreaterThan(4_900);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(60));
    }
}
