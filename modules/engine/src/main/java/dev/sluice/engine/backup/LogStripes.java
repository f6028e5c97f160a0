package dev.sluice.engine.backup;

import java.util.OptionalLong;

/// How many stripes a log backup takes when their number follows the log that is there.
///
/// Each stripe is an object of its own, and costs requests and memory whatever it holds: eight of them for 10 KiB of
/// log would make the most frequent backups the dearest. Below one stripe's worth, a second one saves no time either.
final class LogStripes {

    /// What a further stripe is taken for.
    static final long BYTES_EACH = 64L << 20;

    private LogStripes() {}

    /// One stripe for every 64 MiB that have been begun; one, if the amount is not known.
    ///
    /// @param log  bytes of log since the last log backup, as SQL Server says
    /// @param most stripes
    static int of(OptionalLong log, int most) {
        long begun = Math.ceilDiv(log.orElse(0), BYTES_EACH);
        return Math.clamp(begun, 1, most);
    }
}
