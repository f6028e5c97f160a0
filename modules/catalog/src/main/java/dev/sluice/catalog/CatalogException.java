package dev.sluice.catalog;

import org.jspecify.annotations.Nullable;

/// A document of the catalog is damaged, or the bucket refuses to show it. In the second case the cause is a
/// [dev.sluice.s3.S3Failure]. The message names the object by its whole key, the store's prefix included.
public final class CatalogException extends RuntimeException {

    private enum Reason {
        /// The document contradicts its form or its key.
        DAMAGED,
        OTHER_VERSION,
        /// The document was not seen, or its contents are not what is wrong.
        OTHER
    }

    private final @Nullable String backupId;
    private final Reason reason;

    CatalogException(String message, @Nullable Throwable cause) {
        this(message, null, Reason.OTHER, cause);
    }

    private CatalogException(String message, @Nullable String backupId, Reason reason, @Nullable Throwable cause) {
        super(message, cause);
        this.backupId = backupId;
        this.reason = reason;
    }

    /// A failure for a document whose contents break a rule of the version that it names.
    static CatalogException ofDamage(String message, @Nullable Throwable cause) {
        return new CatalogException(message, null, Reason.DAMAGED, cause);
    }

    /// A failure for a document of another version of this program, which is not damaged.
    static CatalogException ofOtherVersion(String message) {
        return new CatalogException(message, null, Reason.OTHER_VERSION, null);
    }

    /// The id of the backup in the object's key, independent of the object's contents; null when the key has none.
    public @Nullable String backupId() {
        return backupId;
    }

    /// The same failure, with the id of the object's backup.
    CatalogException of(String id) {
        return new CatalogException(String.valueOf(getMessage()), id, reason, getCause());
    }

    /// Whether the document was read and is damaged. It is not when the bucket refuses to show it, when a listing
    /// shows it and a read does not find it, or when another version of this program wrote it.
    public boolean isOfDamage() {
        return reason == Reason.DAMAGED;
    }

    /// Whether another version of this program wrote the document, which then is not damaged.
    public boolean isOfOtherVersion() {
        return reason == Reason.OTHER_VERSION;
    }
}
