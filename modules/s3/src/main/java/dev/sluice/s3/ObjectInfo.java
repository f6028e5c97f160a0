package dev.sluice.s3;

import java.time.Instant;

/// An object as a listing or a HEAD shows it.
///
/// @param key          key below the store's prefix
/// @param bytes        size
/// @param eTag         the server's name for this content
/// @param modified     by the server's clock
/// @param storageClass in S3's words; [#STANDARD] where the server does not say
public record ObjectInfo(String key, long bytes, String eTag, Instant modified, String storageClass) {
    /// The storage class where S3 names none.
    public static final String STANDARD = "STANDARD";

    /// Whether an object of this storage class may have to be restored from an archive before it can be read.
    public boolean mayBeArchived() {
        return switch (storageClass) {
            // Some tiers of INTELLIGENT_TIERING are archives, and a listing does not say in which tier an object is.
            case "GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING" -> true;
            default -> false;
        };
    }
}
