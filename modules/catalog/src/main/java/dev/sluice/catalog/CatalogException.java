package dev.sluice.catalog;

import org.jspecify.annotations.Nullable;

/// Something in the catalog is not as it must be, or the bucket refuses to show it: then the cause is a
/// [dev.sluice.s3.S3Failure]. The message names the object by its whole key, the store's prefix included.
public final class CatalogException extends RuntimeException {
    CatalogException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
