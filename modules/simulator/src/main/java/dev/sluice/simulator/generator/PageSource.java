package dev.sluice.simulator.generator;

import java.lang.foreign.MemorySegment;

/// Gives the pages of a backup.
///
/// **Threading:** called by the thread that reads the stream; sources shared by several stripes are called by
/// several.
public interface PageSource {
    /// Bytes of a page.
    int PAGE = 8192;

    /// Writes the page, all its bytes, to `memory` at `offset`. It should carry its number and file in its
    /// header, as readers go by them.
    void page(int fileId, long pageNumber, MemorySegment memory, long offset);
}
