package dev.sluice.simulator.generator;

import java.lang.foreign.MemorySegment;

/// Gives the part of the transaction log that a backup contains.
///
/// **Units:** bytes.
public interface LogSource {
    /// The log file, commonly 2.
    int fileId();

    /// Where in the log file the part begins.
    long start();

    long length();

    /// Writes `length` bytes of the part, from `at` on, to `memory` at `offset`.
    void read(long at, MemorySegment memory, long offset, long length);

    /// No log at all, as in a log backup of a database in which nothing happened.
    static LogSource empty() {
        return new SyntheticLog(0, 2, 0, 0);
    }
}
