package dev.sluice.s3;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One object to download.
///
/// @param key   key below the store's prefix
/// @param bytes size that it must have
/// @param sums  the CRC32C that its blocks must have; null when unknown
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

    /// An object whose sums are known. Its ETag does not matter: a copy of the object has another ETag and the
    /// same bytes.
    public static DownloadSource verified(String key, long bytes, BlockSums sums) {
        return new DownloadSource(key, bytes, sums, null);
    }

    public static DownloadSource of(StoredSegment segment) {
        return verified(segment.key(), segment.bytes(), segment.blocks());
    }

    /// An object as a listing shows it. Each request makes the server refuse if the object was replaced since.
    public static DownloadSource unverified(ObjectInfo object) {
        return new DownloadSource(object.key(), object.bytes(), null, object.eTag());
    }
}
