package dev.sluice.engine.run;

import java.util.Locale;

/// How SQL Server and Sluice exchange buffers.
///
/// @param maxTransferSize MAXTRANSFERSIZE: bytes of the largest transfer, a multiple of 64 KiB up to 4 MiB
/// @param buffersPerStripe what BUFFERCOUNT is made of; SQL Server fills some while others travel
public record TransferOptions(int maxTransferSize, int buffersPerStripe) {

    /// 1 MiB and four buffers a stripe: large enough that a command's cost does not show, small enough for
    /// /dev/shm.
    public static final TransferOptions DEFAULT = new TransferOptions(1 << 20, 4);

    public TransferOptions {
        if (maxTransferSize < 65_536 || maxTransferSize > 4 << 20 || maxTransferSize % 65_536 != 0) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "MAXTRANSFERSIZE is a multiple of 64 KiB up to 4 MiB, got %d bytes", maxTransferSize));
        }
        if (buffersPerStripe < 1) {
            throw new IllegalArgumentException("a stripe needs at least one buffer, got " + buffersPerStripe);
        }
    }

    public int bufferCount(int stripes) {
        return Math.multiplyExact(buffersPerStripe, stripes);
    }
}
