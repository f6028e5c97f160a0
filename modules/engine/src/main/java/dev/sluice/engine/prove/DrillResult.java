package dev.sluice.engine.prove;

import dev.sluice.catalog.DrillDocument;
import dev.sluice.engine.run.OperationFailed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a drill ended that came to an outcome.
///
/// @param document what is in the bucket about it
/// @param failure  what was found; null when everything is right
/// @param left     what is left on the server, a sentence each
public record DrillResult(DrillDocument document, @Nullable OperationFailed failure, List<String> left) {

    public DrillResult {
        left = List.copyOf(left);
    }

    /// **Errors:** [OperationFailed] when something was found.
    public DrillResult requireSound() {
        if (failure != null) {
            throw failure;
        }
        return this;
    }
}
