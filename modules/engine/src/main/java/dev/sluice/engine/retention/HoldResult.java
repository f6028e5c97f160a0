package dev.sluice.engine.retention;

import dev.sluice.catalog.HoldDocument;
import java.util.List;
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
}
