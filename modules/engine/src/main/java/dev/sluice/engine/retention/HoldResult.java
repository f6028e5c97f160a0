package dev.sluice.engine.retention;

import dev.sluice.catalog.HoldDocument;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A hold that was placed.
///
/// @param unreachable why the backup cannot be restored from what is in the bucket: then it alone is held; null
///                    when it can
/// @param locks       what became of Object Lock; null when it was not asked for
/// @param adopted     the ids of held backups whose files no lock keeps, because they are another program's;
///                    empty when Object Lock was not asked for
public record HoldResult(
        HoldDocument hold, @Nullable String unreachable, BackupLocks.@Nullable Change locks, List<String> adopted) {

    public HoldResult {
        adopted = List.copyOf(adopted);
    }

    /// `not-locked`, when Object Lock was asked for and the bucket has refused some of it. The hold stands all the
    /// same.
    ///
    /// @param bucket the bucket's name
    public Optional<OperationFailed> notLocked(String bucket) {
        if (locks == null || locks.isDone()) {
            return Optional.empty();
        }
        return Optional.of(new OperationFailed(
                FailureId.NOT_LOCKED,
                String.format(
                        Locale.ROOT,
                        "The hold of %s stands, but %d of %d objects are not locked; of the first: %s",
                        hold.backupId(),
                        locks.refused().size(),
                        locks.objects(),
                        locks.refused().getFirst()),
                "bucket " + bucket,
                null));
    }
}
