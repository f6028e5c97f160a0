package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.config.Secret;
import org.jspecify.annotations.Nullable;

/// What may change while the service runs.
///
/// @param requests how backups are taken
/// @param token    what clients must send; null where only this machine can reach the service
/// @param drills   how restore drills are held
public record ServiceSettings(
        Policies policies, Requests requests, @Nullable Secret token, DrillSettings drills) {

    /// With drills as they are without a word about them.
    public ServiceSettings(Policies policies, Requests requests, @Nullable Secret token) {
        this(policies, requests, token, DrillSettings.DEFAULT);
    }

    /// Makes a request out of what is due.
    public interface Requests {
        BackupRequest of(String database, BackupType type, boolean copyOnly);
    }
}
