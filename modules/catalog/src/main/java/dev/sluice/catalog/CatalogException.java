package dev.sluice.catalog;

import org.jspecify.annotations.Nullable;

/// A document of the catalog is damaged, or the bucket refuses to show it. In the second case the cause is a
/// [dev.sluice.s3.S3Failure]. The message names the object by its whole key, the store's prefix included.
public final class CatalogException extends RuntimeException {
    private final @Nullable String backupId;
    private final boolean otherVersion;

    CatalogException(String message, @Nullable Throwable cause) {
        this(message, null, false, cause);
    }

    private CatalogException(
            String message, @Nullable String backupId, boolean otherVersion, @Nullable Throwable cause) {
        super(message, cause);
        this.backupId = backupId;
        this.otherVersion = otherVersion;
    }

    /// A failure for a document of another version of this program, which is not damaged.
    static CatalogException ofOtherVersion(String message) {
        return new CatalogException(message, null, true, null);
    }

    /// The id of the backup in the object's key, independent of the object's contents; null when the key has none.
    public @Nullable String backupId() {
        return backupId;
    }

    /// The same failure, with the id of the object's backup.
    CatalogException of(String id) {
        return new CatalogException(String.valueOf(getMessage()), id, otherVersion, getCause());
    }

    /// Whether another version of this program wrote the document, which then is not damaged.
    public boolean isOfOtherVersion() {
        return otherVersion;
    }
}
