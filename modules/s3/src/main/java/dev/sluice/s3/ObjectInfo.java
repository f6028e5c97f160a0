package dev.sluice.s3;

import java.time.Instant;

/// What a listing or a HEAD says about an object.
///
/// @param key          key below the store's prefix
/// @param bytes        size
/// @param eTag         the server's name for this content
/// @param modified     by the server's clock
/// @param storageClass in S3's words; [#STANDARD] where the server does not say
public record ObjectInfo(String key, long bytes, String eTag, Instant modified, String storageClass) {
    /// What S3 leaves unsaid.
    public static final String STANDARD = "STANDARD";

    /// Whether the class alone leaves open that the object has to be thawed before it can be read.
    public boolean mayBeArchived() {
        return switch (storageClass) {
            // Of the last one, some tiers are archives, and no listing says in which one an object is.
            case "GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING" -> true;
            default -> false;
        };
    }
}
