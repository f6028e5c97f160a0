package dev.sluice.engine.retention;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which backups of a database a person wants to be gone, whatever the policy says.
///
/// @param ids whole ids; null for all of the database
public record DeletionRequest(String database, @Nullable Set<String> ids) {

    public DeletionRequest {
        if (ids != null) {
            if (ids.isEmpty()) {
                throw new IllegalArgumentException("a deletion names backups, or all of a database");
            }
            ids = Set.copyOf(ids);
        }
    }

    boolean names(String backupId) {
        return ids == null || ids.contains(backupId);
    }
}
