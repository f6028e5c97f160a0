package dev.sluice.mtf.inspect;

import java.lang.foreign.MemorySegment;

/// Receives the pages and the log of a backup while its stream is inspected.
///
/// **Ownership:** memory is lent for the call; it is the caller's own chunk, or a buffer that the next page
/// overwrites.
///
/// **Threading:** called by the thread that feeds the inspector.
///
/// **Errors:** an exception of an implementation leaves [StreamInspector#update(MemorySegment)].
public interface PageSink {
    /// Bytes of a page.
    int PAGE = 8192;

    /// A page of a data file. Pages of an extent come together, in order. A page that was never formatted has
    /// no identity of its own; it gets that of its place in the extent.
    void page(int fileId, long pageNumber, MemorySegment memory, long offset);

    /// Bytes of the transaction log.
    ///
    /// @param piece where in the log file they belong
    /// @param at    position of the first byte within the piece
    default void log(LogPiece piece, long at, MemorySegment memory, long offset, long length) {}

    /// A stretch of a log file that the backup contains.
    ///
    /// **Units:** byte offsets in the log file.
    ///
    /// @param end where the log ends. The stream carries it filled up with zeros to a multiple of 64 KiB; those
    /// are not passed on
    record LogPiece(int fileId, long start, long end) {}
}
