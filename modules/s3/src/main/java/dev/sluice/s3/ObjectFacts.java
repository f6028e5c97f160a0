package dev.sluice.s3;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the server keeps about an object beside its bytes.
///
/// @param object   size, ETag, class
/// @param metadata what was written with it, by name in lower case and without `x-amz-meta-`
/// @param crc32c   the server's own sum of the whole object; null when it keeps none, or one of another kind
public record ObjectFacts(
        ObjectInfo object,
        Map<String, String> metadata,
        @Nullable Integer crc32c) {

    public ObjectFacts {
        metadata = Map.copyOf(metadata);
    }
}
