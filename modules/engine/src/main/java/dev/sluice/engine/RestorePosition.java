package dev.sluice.engine;

import dev.sluice.engine.sql.RestoreFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// How far a database that is restoring has come, as the server tells.
///
/// @param lastSet GUID of the backup set that it got last
/// @param family  the family that it belongs to; null when the server does not tell
public record RestorePosition(UUID lastSet, @Nullable UUID family) {

    /// **Errors:** [OperationFailed] when it is not restoring, or nobody knows what it got.
    static RestorePosition of(Environment env, String database) {
        try (SqlSession session = env.server().connect()) {
            RestoreFacts.Existing existing = RestoreFacts.read(session, database)
                    .existing()
                    .orElseThrow(() -> Failures.noSuchDatabase(database, env));
            if (!existing.isRestoring()) {
                throw RestoreFailures.notRestoring(database, existing.state(), env);
            }
            UUID set = RestoreFacts.lastRestored(session, database)
                    .map(UUID::fromString)
                    .orElseThrow(() -> RestoreFailures.nothingKnown(database, env));
            UUID family = RestoreFacts.lineage(session, database)
                    .map(lineage -> UUID.fromString(lineage.family()))
                    .orElse(null);
            return new RestorePosition(set, family);
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, database);
        }
    }
}
