package dev.sluice.s3;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The server's facts about an object.
///
/// @param object   size, ETag, class
/// @param metadata its metadata, by name in lower case and without `x-amz-meta-`
/// @param crc32c   the server's own CRC32C of the whole object; null when it has none, or a checksum of another
///                 kind
public record ObjectFacts(
        ObjectInfo object,
        Map<String, String> metadata,
        @Nullable Integer crc32c) {

    public ObjectFacts {
        metadata = Map.copyOf(metadata);
    }
}
