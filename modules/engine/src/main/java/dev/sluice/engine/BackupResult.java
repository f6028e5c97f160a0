package dev.sluice.engine;

import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.s3.catalog.CatalogKey;

/// A backup that SQL Server called good and that is in the catalog.
///
/// @param document       its catalog entry
/// @param key            the entry's key
/// @param seconds        from the request to here
/// @param historyMissing msdb had no row for it; the entry is completed later
public record BackupResult(BackupDocument document, CatalogKey key, double seconds, boolean historyMissing) {}
