package dev.sluice.engine.rebuild;

import org.jspecify.annotations.Nullable;

/// Which lost entries to make again.
///
/// @param database only this one's; null for all of the server's
/// @param read     whether to read every byte and make the sums again, without which nothing is restored
/// @param plan     whether only to tell what would be written
public record RebuildRequest(@Nullable String database, boolean read, boolean plan) {}
