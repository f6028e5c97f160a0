package dev.sluice.s3;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One object to download.
///
/// @param key   key below the store's prefix
/// @param bytes size that it must have
/// @param sums  what its blocks must sum up to; null when nobody knows
/// @param eTag  content that it must have, checked by the server; null when the sums are enough
public record DownloadSource(
        String key,
        long bytes,
        @Nullable BlockSums sums,
        @Nullable String eTag) {

    public DownloadSource {
        if (sums != null && sums.count() != (bytes + sums.blockSize() - 1) / sums.blockSize()) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "%s has %d bytes, which %s do not cover exactly", key, bytes, sums));
        }
    }

    /// An object whose sums were kept. Its ETag does not matter: it changes when an object is copied, and the
    /// bytes do not.
    public static DownloadSource verified(String key, long bytes, BlockSums sums) {
        return new DownloadSource(key, bytes, sums, null);
    }

    public static DownloadSource of(StoredSegment segment) {
        return verified(segment.key(), segment.bytes(), segment.blocks());
    }

    /// An object as a listing shows it. The server is asked to refuse if it is replaced between two blocks.
    public static DownloadSource unverified(ObjectInfo object) {
        return new DownloadSource(object.key(), object.bytes(), null, object.eTag());
    }
}
