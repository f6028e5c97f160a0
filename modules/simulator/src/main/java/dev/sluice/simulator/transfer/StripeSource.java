package dev.sluice.simulator.transfer;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// Where the bytes of one stripe come from.
///
/// **Threading:** one thread, the device's.
public interface StripeSource {

    /// Bytes in all; a multiple of the device's block size.
    long length();

    /// Writes the next `count` bytes to the beginning of `memory`; so many are left.
    void read(MemorySegment memory, int count) throws IOException;
}
