package dev.sluice.engine.files;

import dev.sluice.catalog.BackupDocument;

/// What became of a backup's segments.
///
/// @param document as the catalog has it now
/// @param joined   stripes that had several objects, and have one
public record JoinResult(BackupDocument document, int joined) {}
