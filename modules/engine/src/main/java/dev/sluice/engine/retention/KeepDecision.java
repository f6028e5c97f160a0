package dev.sluice.engine.retention;

import dev.sluice.engine.plan.Backup;

/// What is to become of one backup.
///
/// @param kept   whether it stays
/// @param reason why, in a few words
public record KeepDecision(Backup backup, boolean kept, String reason) {}
