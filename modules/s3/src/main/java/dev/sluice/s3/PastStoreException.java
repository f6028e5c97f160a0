package dev.sluice.s3;

import java.time.Instant;
import software.amazon.awssdk.services.s3.model.S3Request;

/// A store that shows a bucket as it was at an instant was asked for something else than to read from it.
final class PastStoreException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    PastStoreException(Instant instant, S3Request refused) {
        super("the bucket is read as it was at %s, and %s is not sent: nothing is written there"
                .formatted(instant, refused.getClass().getSimpleName().replaceFirst("Request$", "")));
    }
}
