package dev.sluice.catalog;

import org.jspecify.annotations.Nullable;

/// Something in the catalog is not as it must be, or the bucket refuses to show it: then the cause is a
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

    /// About a document that is not damaged: another version of this program has written it.
    static CatalogException ofOtherVersion(String message) {
        return new CatalogException(message, null, true, null);
    }

    /// The backup that the key of the object names, whatever the object says; null when the key names none.
    public @Nullable String backupId() {
        return backupId;
    }

    /// The same, about the object of this backup.
    CatalogException of(String id) {
        return new CatalogException(String.valueOf(getMessage()), id, otherVersion, getCause());
    }

    /// Whether the document is one of another version of this program, and so not damaged.
    public boolean isOfOtherVersion() {
        return otherVersion;
    }
}
