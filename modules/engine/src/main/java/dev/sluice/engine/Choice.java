package dev.sluice.engine;

import dev.sluice.engine.plan.Backup;

/// What is to become of one backup.
///
/// @param kept   whether it stays
/// @param reason why, in a few words
public record Choice(Backup backup, boolean kept, String reason) {}
