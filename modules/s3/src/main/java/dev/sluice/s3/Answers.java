package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.S3Response;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/// Whether an answer with status 200 is the answer that was asked for.
///
/// A proxy, a load balancer or a page that asks people to sign in may answer 200 with no body, or with HTML.
/// The SDK reads that as a listing without objects, and the absence of an object decides what is deleted. So an
/// answer without the members that S3 always sends is no answer, and the request is made again.
final class Answers {

    private Answers() {}

    /// **Errors:** [S3Failure], retryable, for anything but a listing of `prefix`.
    static ListObjectsV2Response listing(Target target, String prefix, ListObjectsV2Response answer) {
        if (answer.isTruncated() == null) {
            throw wrong(target, "listing", answer);
        }
        for (S3Object object : answer.contents()) {
            if (object.key() == null || object.size() == null || !object.key().startsWith(prefix)) {
                throw wrong(target, "listing of " + prefix, answer);
            }
        }
        return answer;
    }

    /// **Errors:** as above.
    static ListMultipartUploadsResponse uploads(Target target, ListMultipartUploadsResponse answer) {
        if (answer.isTruncated() == null) {
            throw wrong(target, "listing", answer);
        }
        return answer;
    }

    /// **Errors:** as above. Some servers do not say of parts whether they are all.
    static ListPartsResponse parts(Target target, ListPartsResponse answer) {
        if (answer.isTruncated() == null && answer.parts().isEmpty()) {
            throw wrong(target, "listing of parts", answer);
        }
        return answer;
    }

    /// **Errors:** as above.
    static CreateMultipartUploadResponse upload(Target target, CreateMultipartUploadResponse answer) {
        if (isEmpty(answer.uploadId())) {
            throw wrong(target, "upload id", answer);
        }
        return answer;
    }

    /// **Errors:** as above: whether the object is there has to be looked up.
    static CompleteMultipartUploadResponse completion(Target target, CompleteMultipartUploadResponse answer) {
        if (isEmpty(answer.eTag())) {
            throw wrong(target, "completion", answer);
        }
        return answer;
    }

    /// The ETag that the completion has to name.
    ///
    /// **Errors:** [S3Failure], final: the bytes went up, and no other attempt would get more of an answer. To
    /// find that out with the first part beats finding it out when terabytes are stored.
    static String eTag(Target target, UploadPartResponse answer) {
        if (isEmpty(answer.eTag())) {
            throw S3Failure.of(
                    target,
                    "the answer has no ETag, without which the upload cannot be completed; a proxy may drop that header",
                    false);
        }
        return answer.eTag();
    }

    /// What the object is called from now on.
    ///
    /// **Errors:** as above; without it nothing tells whether the object was replaced.
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

    private static S3Failure wrong(Target target, String wanted, S3Response answer) {
        return S3Failure.of(
                target,
                String.format(
                        Locale.ROOT,
                        "the answer with HTTP %d is no %s (Content-Type: %s); is a proxy or a sign-in page in between?",
                        answer.sdkHttpResponse().statusCode(),
                        wanted,
                        answer.sdkHttpResponse()
                                .firstMatchingHeader("Content-Type")
                                .orElse("none")),
                true);
    }
}
