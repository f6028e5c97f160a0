package dev.sluice.mtf.inspect;

import java.lang.foreign.MemorySegment;

/// Is told what the walker passes, in the order of the stream.
///
/// **Ownership:** memory is lent for the call.
///
/// **Errors:** a listener never throws because of what the stream contains.
interface StreamListener {
    default void block(DescriptorBlock block) {}

    default void streamStarts(DataStream stream) {}

    /// Some of a stream's data; a stream comes in any number of pieces.
    ///
    /// @param at where in the stream's data the piece begins
    default void bytes(DataStream stream, long at, MemorySegment memory, long offset, long length) {}

    default void streamEnds(DataStream stream) {}

    /// Bytes between the end of a stream and the four-byte boundary where the next one starts.
    default void gap(long position, MemorySegment memory, long offset, long length) {}
}
