package dev.sluice.engine.restore;

import dev.sluice.engine.plan.RestoringDatabase;
import dev.sluice.engine.plan.RestoringDatabase.Stopped;
import dev.sluice.engine.plan.ServerTime;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.sql.RestoreFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// How far a database that is restoring has come, as the server tells.
///
/// @param lastSet GUID of the backup set that it got last
/// @param stopAt  where the restore of that set was told to stop, by SQL Server's clock; null if it was not
/// @param marked  whether it was told to stop at a mark
/// @param family  the family that it belongs to; null when the server does not tell
public record RestorePosition(
        UUID lastSet,
        @Nullable LocalDateTime stopAt,
        boolean marked,
        @Nullable UUID family) {

    /// The same for a plan.
    public RestoringDatabase standing(ServerTime time) {
        return new RestoringDatabase(lastSet, stopped(time));
    }

    private Stopped stopped(ServerTime time) {
        if (stopAt == null) {
            return marked ? new Stopped.Somewhere() : new Stopped.Nowhere();
        }
        // A tick of `datetime` has more digits than the literal that named it.
        List<Instant> readings = time.readings(stopAt.truncatedTo(ChronoUnit.MILLIS));
        return readings.size() == 1 ? new Stopped.At(readings.getFirst()) : new Stopped.Somewhere();
    }

    /// **Errors:** [OperationFailed] when it is not restoring, or it is not known what it got.
    public static RestorePosition of(Environment env, String database) {
        try (SqlSession session = env.server().connect()) {
            RestoreFacts.Existing existing = RestoreFacts.read(session, database)
                    .existing()
                    .orElseThrow(() -> Failures.noSuchDatabase(database, env));
            if (!existing.isRestoring()) {
                throw RestoreFailures.notRestoring(database, existing.state(), env);
            }
            RestoreFacts.LastRestored last = RestoreFacts.lastRestored(session, database)
                    .orElseThrow(() -> RestoreFailures.nothingKnown(database, env));
            UUID family = RestoreFacts.lineage(session, database)
                    .map(lineage -> UUID.fromString(lineage.family()))
                    .orElse(null);
            return new RestorePosition(UUID.fromString(last.set()), last.stopAt(), last.marked(), family);
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, database);
        }
    }
}
