package dev.sluice.simulator.database;

import java.util.List;

/// What a log backup contains.
///
/// @param first the record it begins with
/// @param last the record behind the last one; equal to `first` if nothing happened
/// @param beginsChain whether it is the first of its chain
public record LogSnapshot(
        long first, long last, List<LogRecord> log, long checkpoint, boolean beginsChain, DataSnapshot.Facts facts) {}
