package dev.sluice.catalog;

import java.time.Instant;
import java.util.Map;

/// Names the server that writes below a directory. It keeps two servers that were configured with the same identity
/// from mixing their backups.
///
/// @param schemaVersion [BackupDocument#SCHEMA_VERSION]
/// @param server        the configured identity
/// @param claimedAt     when the directory was claimed, by SQL Server's clock
/// @param facts         the identity of this server (service broker GUID of msdb, names), see [ServerIdentity]
public record OwnerDocument(int schemaVersion, String server, Instant claimedAt, Map<String, Object> facts) {

    public ServerIdentity identity() {
        return ServerIdentity.of(facts);
    }
}
