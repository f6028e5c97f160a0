package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.VerificationDocument;
import dev.sluice.catalog.VerificationDocument.Outcome;
import dev.sluice.catalog.VerificationKey;
import dev.sluice.catalog.Verifications;
import dev.sluice.engine.run.Blocking;
import dev.sluice.sidecar.EmbeddedForTests;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What the service believes of verifications that the bucket has, and that it has heard of.
@Timeout(180)
class VerifiedBackupsIT {

    private static final Instant NOW = Instant.parse("2026-03-15T12:00:00Z");
    private static final String ID = "01JD8Z7QK4V3M9T2X5R6W8Y0ZA";

    @TempDir
    Path directory;

    private static VerificationKey write(Verifications into, String database, Instant at, Outcome outcome) {
        return Blocking.uncancellably(into.write(new VerificationDocument(
                        "test", ID, database, at, at, outcome, 1, "WHOLE", 0, List.of(), List.of())))
                .orElseThrow();
    }

    private static VerifiedBackups.@Nullable Known known(VerifiedBackups verified) {
        return verified.ask("Sales", all -> all.apply(ID));
    }

    @Test
    void damageIsNotHiddenByATimeThatIsWrong() {
        try (EmbeddedForTests installation =
                EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 2 << 20))) {
            Verifications bucket = installation.engine().environment().catalog().verifications();
            VerifiedBackups verified = new VerifiedBackups(bucket);
            write(bucket, "Other", NOW, Outcome.SOUND);

            // Sound in the future is not believed, and damage is.
            VerificationKey sound = write(bucket, "Sales", NOW.plus(Duration.ofDays(400)), Outcome.SOUND);
            verified.look(NOW, Set.of("Sales"));
            assertThat(known(verified)).isNull();
            assertThat(verified.looked("Other")).isFalse();
            VerificationKey damaged = write(bucket, "Sales", NOW.plus(Duration.ofDays(300)), Outcome.DAMAGED);
            verified.look(NOW, Set.of("Sales"));
            assertThat(known(verified)).isEqualTo(new VerifiedBackups.Known(null, NOW));
            Blocking.uncancellably(bucket.delete(sound));
            Blocking.uncancellably(bucket.delete(damaged));

            // Damage that this process finds comes after what it knew before, whatever the other clock said.
            write(bucket, "Sales", NOW.plus(Duration.ofMinutes(2)), Outcome.SOUND);
            verified.look(NOW, Set.of("Sales"));
            assertThat(known(verified).isDamaged()).isFalse();
            verified.heard("Sales", ID, NOW, false);
            assertThat(known(verified).isDamaged()).isTrue();
            verified.look(NOW.plus(Duration.ofMinutes(3)), Set.of("Sales"));
            assertThat(known(verified).isDamaged()).isTrue();

            // Until a verification that it did not know then finds nothing.
            Instant later = NOW.plus(Duration.ofMinutes(4));
            write(bucket, "Sales", later, Outcome.SOUND);
            verified.look(later, Set.of("Sales"));
            assertThat(known(verified)).isEqualTo(new VerifiedBackups.Known(later, later));

            // What the bucket could not keep is known as long as the backup is there.
            verified.heard("Sales", ID, later.plusSeconds(1), false);
            verified.look(later, Set.of("Sales"));
            assertThat(known(verified).isDamaged()).isTrue();
            verified.retain((_, _) -> false);
            verified.look(later, Set.of("Sales"));
            assertThat(known(verified).isDamaged()).isFalse();
        }
    }
}
