package dev.sluice.engine.restore;

/// A restore that SQL Server called good.
///
/// @param bytes   given to SQL Server; it may stop before the end of the stripes
/// @param seconds from the request to the verdict
/// @param backups how many were restored
/// @param state   of the database afterwards, as in `sys.databases.state_desc`
public record RestoreResult(String database, long bytes, double seconds, int backups, String state) {}
