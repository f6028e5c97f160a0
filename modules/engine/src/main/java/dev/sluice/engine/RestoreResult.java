package dev.sluice.engine;

/// A restore that SQL Server called good.
///
/// @param bytes   given to SQL Server; it may stop before the end of the stripes
/// @param seconds from the request to the verdict
public record RestoreResult(String database, long bytes, double seconds) {}
