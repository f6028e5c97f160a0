package dev.sluice.simulator.database;

/// How full a log is, and what its truncation waits for.
///
/// @param records that the log holds
/// @param sinceBackup records since the last log backup, or all where there was none
/// @param capacity records that the log file has room for
/// @param oldest the number of the first record it holds
/// @param next the number of the next record
/// @param reuseWait as in `sys.databases.log_reuse_wait_desc`
public record LogUsage(long records, long sinceBackup, long capacity, long oldest, long next, String reuseWait) {}
