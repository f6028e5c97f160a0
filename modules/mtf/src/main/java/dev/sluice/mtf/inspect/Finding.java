package dev.sluice.mtf.inspect;

/// Something in a stream that is not as it must be.
///
/// @param position where in the stream: of the header, checksum or byte that is wrong
/// @param block    the four letters of the block it was found in or behind
/// @param text     for people
public record Finding(Kind kind, long position, String block, String text) {
    /// What is wrong.
    public enum Kind {
        /// Where a descriptor block must begin there is none, or its checksum does not hold. The walk ends
        /// here.
        BROKEN_BLOCK,
        /// Where a data stream must begin there is none, or its checksum does not hold. The walk ends here.
        BROKEN_STREAM,
        /// Pages or log do not have the checksum that the stream gives for them.
        CHECKSUM_MISMATCH,
        /// A checksum was announced and did not come.
        CHECKSUM_MISSING,
        /// A block's number or address does not follow from the one before.
        OUT_OF_SEQUENCE,
        /// Bytes that are always zero are not.
        NOT_ZERO,
        /// The records about the backup are missing, unreadable or too large.
        METADATA,
        /// A page is not where its own header says, or pages are out of order.
        PAGE,
        /// A record of the compressed container cannot be unpacked.
        COMPRESSED_RECORD
    }
}
