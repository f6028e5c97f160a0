package dev.sluice.s3;

import java.util.Set;

/// The scope of a failure: whether other requests to the bucket can still succeed, and whether an object is known
/// to be absent.
///
/// A 403 alone does not tell whether one object or the whole bucket is refused. So the operation decides: a refusal
/// of an object, an upload or a prefix says nothing about any other, because rights, storage classes and encryption
/// keys can differ from object to object. Only a refusal of HeadBucket, or an error about the client (keys,
/// signature, clock) or about the bucket's existence, is about everything.
///
/// **Source:** the error codes of the AWS SDK (`AwsErrorCode`, and the exceptions of its S3 model). An unknown code
/// counts as one object's: that is safe, because such a failure leads to no decision and no deletion.
public enum FailureKind {
    /// The store does not work: it gave no answer, or one about a fault of its own (5xx, throttling), after all
    /// attempts.
    OUTAGE,
    /// The store refuses every request of ours.
    BUCKET_REFUSED,
    /// The store refuses the object, upload or prefix of the request, or its response makes no sense. Whether the
    /// object exists is unknown.
    OBJECT_REFUSED,
    /// The store says that there is no such object, or upload.
    OBJECT_ABSENT;

    private static final int UNAUTHORIZED = 401;
    private static final int NOT_FOUND = 404;
    private static final int PROXY_AUTHENTICATION = 407;

    /// Error codes about the client's keys and clock, and about the bucket.
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

    /// @param operation S3's name of the operation
    /// @param code      S3's error code; empty when the response had none
    /// @param retryable whether the same request could succeed later, although all attempts failed
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
        // A proxy may answer 404 as well, with a page of its own. So a 404 to a GET counts only with S3's code.
        // Responses to other requests have no body, or the request changes nothing that is absent.
        boolean said = !operation.equals("GetObject") || code.startsWith("NoSuch");
        return status == NOT_FOUND && said ? OBJECT_ABSENT : OBJECT_REFUSED;
    }

    /// Whether requests for other objects may succeed.
    public boolean isOfObject() {
        return this == OBJECT_REFUSED || this == OBJECT_ABSENT;
    }
}
