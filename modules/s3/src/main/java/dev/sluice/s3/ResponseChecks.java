package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.S3Response;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/// Checks that a response with status 200 is a response to the request.
///
/// A proxy, a load balancer or a page that asks people to sign in may answer 200 with no body, or with HTML. The
/// SDK reads that as an empty listing, and Sluice deletes by what a listing lacks. So a response without the
/// members that S3 always sends is a failure, and the request is made again.
final class ResponseChecks {

    private ResponseChecks() {}

    /// **Errors:** [S3Failure], retryable, for anything but a listing of `prefix`.
    static ListObjectsV2Response listing(Target target, String prefix, ListObjectsV2Response answer) {
        if (answer.isTruncated() == null) {
            throw wrong(target, "listing", answer);
        }
        for (S3Object object : answer.contents()) {
            if (object.key() == null || object.size() == null || !object.key().startsWith(prefix)) {
                throw wrong(target, "is not a listing of " + prefix, answer);
            }
        }
        for (CommonPrefix directory : answer.commonPrefixes()) {
            if (directory.prefix() == null || !directory.prefix().startsWith(prefix)) {
                throw wrong(target, "is not a listing of " + prefix, answer);
            }
        }
        return answer;
    }

    /// **Errors:** as above.
    static ListObjectVersionsResponse versions(Target target, String prefix, ListObjectVersionsResponse answer) {
        if (answer.isTruncated() == null) {
            throw wrong(target, "listing", answer);
        }
        boolean whole = answer.versions().stream()
                        .allMatch(version -> version.size() != null
                                && isLine(prefix, version.key(), version.versionId(), version.lastModified()))
                && answer.deleteMarkers().stream()
                        .allMatch(marker -> isLine(prefix, marker.key(), marker.versionId(), marker.lastModified()));
        if (!whole) {
            throw wrong(target, "is not a listing of versions of " + prefix, answer);
        }
        return answer;
    }

    private static boolean isLine(
            String prefix, @Nullable String key, @Nullable String versionId, @Nullable Instant modified) {
        return key != null && key.startsWith(prefix) && !isEmpty(versionId) && modified != null;
    }

    /// **Errors:** as above. Callers abort what is listed, so an upload of another prefix must not be among it.
    static ListMultipartUploadsResponse uploads(Target target, String prefix, ListMultipartUploadsResponse answer) {
        if (answer.isTruncated() == null) {
            throw wrong(target, "listing", answer);
        }
        for (MultipartUpload upload : answer.uploads()) {
            if (upload.key() == null || !upload.key().startsWith(prefix)) {
                throw wrong(target, "is not a listing of uploads of " + prefix, answer);
            }
        }
        return answer;
    }

    /// **Errors:** as above. Some servers do not say whether a listing of parts is complete.
    static ListPartsResponse parts(Target target, ListPartsResponse answer) {
        if (answer.isTruncated() == null && answer.parts().isEmpty()) {
            throw wrong(target, "is not a listing of parts", answer);
        }
        return answer;
    }

    /// **Errors:** as above.
    static CreateMultipartUploadResponse upload(Target target, CreateMultipartUploadResponse answer) {
        if (isEmpty(answer.uploadId())) {
            throw wrong(target, "has no upload id", answer);
        }
        return answer;
    }

    /// **Errors:** as above; then the caller looks up whether the object exists.
    static CompleteMultipartUploadResponse completion(Target target, CompleteMultipartUploadResponse answer) {
        if (isEmpty(answer.eTag())) {
            throw wrong(target, "is not the answer to a completion", answer);
        }
        return answer;
    }

    /// The ETag that the completion has to name.
    ///
    /// **Errors:** [S3Failure], final: the part is stored, and another attempt would get no better response. It is
    /// better to fail on the first part than when terabytes are stored.
    static String eTag(Target target, UploadPartResponse answer) {
        if (isEmpty(answer.eTag())) {
            throw S3Failure.of(
                    target,
                    "the answer has no ETag, without which the upload cannot be completed; a proxy may drop that header",
                    false);
        }
        return answer.eTag();
    }

    /// The ETag of the stored object.
    ///
    /// **Errors:** as above; without an ETag Sluice could not tell whether the object was replaced.
    static String eTag(Target target, PutObjectResponse answer) {
        if (isEmpty(answer.eTag())) {
            throw S3Failure.of(
                    target,
                    "the answer has no ETag, which tells whether the object is replaced later; a proxy may drop that header",
                    false);
        }
        return answer.eTag();
    }

    private static boolean isEmpty(@Nullable String text) {
        return text == null || text.isEmpty();
    }

    private static S3Failure wrong(Target target, String problem, S3Response answer) {
        return S3Failure.of(
                target,
                String.format(
                        Locale.ROOT,
                        "the answer with HTTP %d %s (Content-Type: %s); does a proxy or a sign-in page answer in the server's place?",
                        answer.sdkHttpResponse().statusCode(),
                        problem,
                        answer.sdkHttpResponse()
                                .firstMatchingHeader("Content-Type")
                                .orElse("none")),
                true);
    }
}
