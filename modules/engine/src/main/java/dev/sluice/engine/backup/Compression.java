package dev.sluice.engine.backup;

import dev.sluice.engine.sql.ServerFacts;

/// Whether SQL Server compresses a backup, and how.
///
/// The statement always says it: a server's defaults (`backup compression default`, `backup compression
/// algorithm`) must not decide what is in the bucket.
///
/// **Source:** BACKUP (Transact-SQL): Express and Web cannot compress; algorithms have names since 2022, ZSTD
/// exists since 2025.
public enum Compression {
    NONE,
    /// SQL Server's own of old, MS_XPRESS.
    XPRESS,
    /// 2025 and later.
    ZSTD;

    private static final int NAMES_ALGORITHMS = 16;
    private static final int HAS_ZSTD = 17;

    /// Whether this server can do it.
    boolean availableOn(ServerFacts server) {
        return switch (this) {
            case NONE -> true;
            case XPRESS -> server.compresses();
            case ZSTD -> server.compresses() && server.major() >= HAS_ZSTD;
        };
    }

    /// The option of BACKUP.
    String option(ServerFacts server) {
        return switch (this) {
            case NONE -> "NO_COMPRESSION";
            case XPRESS -> server.major() >= NAMES_ALGORITHMS ? "COMPRESSION (ALGORITHM = MS_XPRESS)" : "COMPRESSION";
            case ZSTD -> "COMPRESSION (ALGORITHM = ZSTD)";
        };
    }
}
