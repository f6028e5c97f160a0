package dev.sluice.engine.prove;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.run.FailureId;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What a failure says of the backups. Whole drills are in `DrillIT`.
class DrillRunTest {

    /// What may concern every database, and comes from these backups or from what a drill does not do.
    private static final Set<FailureId> OTHERS = EnumSet.of(
            FailureId.CERTIFICATE_MISSING,
            FailureId.COMPRESSION_NOT_AVAILABLE,
            FailureId.ENCRYPTION_NOT_AVAILABLE,
            FailureId.IDENTITY_TAKEN,
            FailureId.SERVER_TOO_OLD);

    @Test
    void anOutageOfServerBucketOrMachineSaysNothingAboutTheBackups() {
        assertThat(Arrays.stream(FailureId.values()).filter(id -> id.concernsEveryDatabase() && !OTHERS.contains(id)))
                .contains(FailureId.STORE_PROXY, FailureId.STORE_CERTIFICATES)
                .allMatch(DrillRun::saysNothing);
        assertThat(Set.of(FailureId.CERTIFICATE_MISSING, FailureId.CORRUPT_OBJECT, FailureId.UNREACHABLE))
                .noneMatch(DrillRun::saysNothing);
    }
}
