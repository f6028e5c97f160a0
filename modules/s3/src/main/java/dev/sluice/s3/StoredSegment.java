package dev.sluice.s3;

import java.util.List;

/// One object that a stripe left in the bucket, complete and checked.
///
/// @param key    full object key
/// @param bytes  size of the object
/// @param crc32c sum of the whole object
/// @param eTag   the server's ETag; tells whether the object was replaced, says nothing about its bytes
/// @param parts  the parts it was uploaded in
/// @param blocks the sums that a download checks
public record StoredSegment(String key, long bytes, int crc32c, String eTag, List<Part> parts, BlockSums blocks) {

    public StoredSegment {
        parts = List.copyOf(parts);
    }

    /// @param number part number, from 1
    /// @param bytes  size of the part
    /// @param crc32c sum of the part
    public record Part(int number, long bytes, int crc32c) {}
}
