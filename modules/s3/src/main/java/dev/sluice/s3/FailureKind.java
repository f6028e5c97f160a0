package dev.sluice.s3;

import java.util.Set;

/// What a failure says, and about what: whether anything else can still be asked of the bucket, and whether an
/// object is known not to be there.
///
/// One answer cannot tell an object that we may not read from a bucket that we may not use, for both are 403.
/// So what the request named counts: an object, an upload or a prefix that is refused says nothing about any
/// other, for rights, storage classes and keys of encryption can be an object's own. Only a refusal of
/// HeadBucket, or an answer that speaks of who asks (keys, signature, clock, no such bucket), is about
/// everything.
///
/// **Source:** the error codes of the AWS SDK (`AwsErrorCode`, and the exceptions of its S3 model). An unknown
/// code is taken for one object's, which decides nothing and deletes nothing.
public enum FailureKind {
    /// The store does not work: no answer, or one about trouble of its own (5xx, throttled), after all attempts.
    OUTAGE,
    /// The store refuses us, whatever we ask for.
    BUCKET_REFUSED,
    /// The store refuses what the request named, or answers about it with something that is no answer. Whether
    /// it is there, and what it is, is not known.
    OBJECT_REFUSED,
    /// The store says that there is no such object, or upload.
    OBJECT_ABSENT;

    private static final int UNAUTHORIZED = 401;
    private static final int NOT_FOUND = 404;
    private static final int PROXY_AUTHENTICATION = 407;

    /// Codes about who asks, with which clock, and for which bucket.
    private static final Set<String> ABOUT_US = Set.of(
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "AuthFailure",
            "AuthorizationHeaderMalformed",
            "InvalidToken",
            "ExpiredToken",
            "RequestExpired",
            "RequestInTheFuture",
            "RequestTimeTooSkewed",
            "NoSuchBucket",
            "InvalidBucketName",
            "PermanentRedirect",
            "TemporaryRedirect");

    /// @param operation S3's name of it
    /// @param code      S3's error code; empty when the answer had none
    /// @param retryable whether the same request could succeed later, which all attempts did not
    static FailureKind of(String operation, int status, String code, boolean retryable) {
        boolean redirected = status >= 300 && status < 400;
        if (ABOUT_US.contains(code) || redirected || status == UNAUTHORIZED || status == PROXY_AUTHENTICATION) {
            return BUCKET_REFUSED;
        }
        if (retryable) {
            return OUTAGE;
        }
        if (operation.equals("HeadBucket")) {
            return BUCKET_REFUSED;
        }
        // Whoever stands in between answers 404 as well, with a page of his own. Of a GET the store says which
        // thing it misses; other requests are answered without a body, or change nothing that is not there.
        boolean said = !operation.equals("GetObject") || code.startsWith("NoSuch");
        return status == NOT_FOUND && said ? OBJECT_ABSENT : OBJECT_REFUSED;
    }

    /// Whether other objects may be well.
    public boolean isOfObject() {
        return this == OBJECT_REFUSED || this == OBJECT_ABSENT;
    }
}
