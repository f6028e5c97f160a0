package dev.sluice.catalog;

import java.time.Instant;

/// Names the server that writes below a directory. It keeps two servers that were configured with the same identity
/// from mixing their backups.
///
/// @param schemaVersion [BackupDocument#SCHEMA_VERSION]
/// @param server        the configured identity
/// @param claimedAt     when the directory was claimed, by SQL Server's clock
/// @param identity      of the server that claimed it
public record OwnerDocument(int schemaVersion, String server, Instant claimedAt, ServerIdentity identity) {}
