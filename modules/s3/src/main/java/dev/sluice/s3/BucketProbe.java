package dev.sluice.s3;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.GetBucketLifecycleConfigurationResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/// Tries every request that a backup and a restore make to a bucket, on two small objects of its own.
///
/// It leaves nothing behind, unless the server refuses to delete.
///
/// **Threading:** blocks; not to be called on one of the client's event loops.
public final class BucketProbe {

    /// The checks, in this order.
    public enum Operation {
        /// The bucket is there and these credentials may use it.
        HEAD_BUCKET,
        CREATE_MULTIPART_UPLOAD,
        UPLOAD_PART,
        LIST_MULTIPART_UPLOADS,
        ABORT_MULTIPART_UPLOAD,
        PUT_OBJECT,
        GET_OBJECT,
        LIST_OBJECTS,
        /// `If-None-Match: *` keeps an existing object.
        CONDITIONAL_WRITE,
        /// A wrong CRC32C is refused.
        CHECKSUM,
        DELETE_OBJECT,
        /// A lifecycle rule of the bucket aborts unfinished uploads.
        LIFECYCLE,
        /// No lifecycle rule expires or archives stored objects, and where the bucket keeps versions, one ends those
        /// that were deleted. Only asked when [#LIFECYCLE] had an answer.
        LIFECYCLE_OBJECTS
    }

    /// @param good     whether the check passed
    /// @param evidence the observation, for the user
    /// @param failure  the server's refusal; null when it accepted the request, also if it should have refused it
    public record Answer(
            Operation operation,
            boolean good,
            String evidence,
            @Nullable S3Failure failure) {}

    /// @param serverTime the server's clock; null when it did not answer
    public record Report(@Nullable Instant serverTime, List<Answer> answers) {
        public Report {
            answers = List.copyOf(answers);
        }
    }

    private static final int REFUSED_AGAIN = 3;
    private static final byte[] BYTES = "Sluice asks whether this bucket will do.".getBytes(StandardCharsets.US_ASCII);

    private static final GetBucketLifecycleConfigurationResponse NO_RULES =
            GetBucketLifecycleConfigurationResponse.builder().build();

    private final S3Store store;
    private final String key;
    private final ObjectOptions options;
    private final List<Answer> answers = new ArrayList<>();

    /// Whether the bucket has kept what was deleted, below a marker.
    private boolean keepsVersions;

    private BucketProbe(S3Store store, String key, ObjectOptions options) {
        this.store = store;
        this.key = key;
        this.options = options;
    }

    /// @param key     key of the objects; nothing else may use it
    /// @param options the properties of backups' objects. The upload asks for them and is aborted, so a lock or a
    ///                storage class with a minimum duration costs nothing
    public static Report run(S3Store store, String key, ObjectOptions options) {
        return new BucketProbe(store, key, options).run();
    }

    private Report run() {
        Instant time = ask(Operation.HEAD_BUCKET, "the bucket is there", store.check());
        if (time == null) {
            return new Report(null, answers); // the other checks would only repeat it
        }
        upload();
        boolean put = ask(Operation.PUT_OBJECT, "stored", store.put(key, BYTES).thenReturn(true)) != null;
        if (put) {
            byte[] back = ask(Operation.GET_OBJECT, "the same bytes came back", store.get(key));
            if (back != null && !Arrays.equals(back, BYTES)) {
                answers.removeLast();
                answers.add(new Answer(
                        Operation.GET_OBJECT, false, "the server returned other bytes than were stored", null));
            }
        }
        ask(Operation.LIST_OBJECTS, "listed", store.list(key).collectList());
        if (put) {
            refusal(Operation.CONDITIONAL_WRITE, 412, "an existing object is kept", conditional());
            refusal(Operation.CHECKSUM, 400, "a wrong sum is refused", wrongSum());
            DeleteObjectResponse deleted = ask(
                    Operation.DELETE_OBJECT,
                    "deleted",
                    store.delete(key + ".sum")
                            .then(call(
                                    "DeleteObject",
                                    () -> store.client()
                                            .deleteObject(request -> request.bucket(
                                                            store.config().bucket())
                                                    .key(store.absolute(key))))));
            keepsVersions = deleted != null && Boolean.TRUE.equals(deleted.deleteMarker());
        }
        lifecycle();
        return new Report(time, answers);
    }

    private void upload() {
        boolean sums = store.config().profile().partChecksums();
        CreateMultipartUploadRequest.Builder create = CreateMultipartUploadRequest.builder()
                .bucket(store.config().bucket())
                .key(store.absolute(key));
        if (sums) {
            create.checksumAlgorithm(ChecksumAlgorithm.CRC32_C);
        }
        options.applyTo(create);
        String id = ask(
                Operation.CREATE_MULTIPART_UPLOAD,
                "created",
                call("CreateMultipartUpload", () -> store.client().createMultipartUpload(create.build()))
                        .map(answer -> answer.uploadId()));
        if (id == null) {
            return;
        }
        UploadPartRequest.Builder part = UploadPartRequest.builder()
                .bucket(store.config().bucket())
                .key(store.absolute(key))
                .uploadId(id)
                .partNumber(1);
        if (sums) {
            part.checksumCRC32C(Crc32c.base64(sum()));
        }
        ask(Operation.UPLOAD_PART, "stored", call("UploadPart", () -> {
            if (!sums && (options.lock() != null || store.calls().integrityWanted())) {
                part.contentMD5(ContentMd5.base64(List.of(ByteBuffer.wrap(BYTES))));
            }
            return store.client().uploadPart(part.build(), AsyncRequestBody.fromBytes(BYTES));
        }));
        ask(Operation.LIST_MULTIPART_UPLOADS, "listed", store.uploads(key).collectList());
        ask(
                Operation.ABORT_MULTIPART_UPLOAD,
                "aborted",
                store.abort(new OngoingUpload(key, id, Instant.EPOCH)).thenReturn(true));
    }

    private static boolean hasNoRules(Throwable failure) {
        return failure instanceof S3Failure said && said.code().equals("NoSuchLifecycleConfiguration");
    }

    private Mono<?> conditional() {
        return call(
                "PutObject",
                () -> store.client()
                        .putObject(
                                PutObjectRequest.builder()
                                        .bucket(store.config().bucket())
                                        .key(store.absolute(key))
                                        .ifNoneMatch("*")
                                        .build(),
                                AsyncRequestBody.fromBytes(BYTES)));
    }

    private Mono<?> wrongSum() {
        return call(
                "PutObject",
                () -> store.client()
                        .putObject(
                                PutObjectRequest.builder()
                                        .bucket(store.config().bucket())
                                        .key(store.absolute(key + ".sum"))
                                        .checksumCRC32C(Crc32c.base64(sum() ^ 1))
                                        .build(),
                                AsyncRequestBody.fromBytes(BYTES)));
    }

    private void lifecycle() {
        GetBucketLifecycleConfigurationResponse answer = ask(
                Operation.LIFECYCLE,
                "",
                call(
                                "GetBucketLifecycleConfiguration",
                                () -> store.client()
                                        .getBucketLifecycleConfiguration(request ->
                                                request.bucket(store.config().bucket())))
                        .onErrorResume(BucketProbe::hasNoRules, _ -> Mono.just(NO_RULES)));
        if (answer == null) {
            return;
        }
        LifecycleRules rules = LifecycleRules.of(answer.rules(), store.config().prefix());
        int days = rules.abortsUploadsAfter();
        answers.removeLast();
        answers.add(new Answer(
                Operation.LIFECYCLE,
                days > 0,
                days > 0
                        ? String.format(Locale.ROOT, "a rule aborts unfinished uploads after %d days", days)
                        : "no rule aborts unfinished uploads",
                null));
        List<String> against = rules.against(keepsVersions);
        answers.add(new Answer(
                Operation.LIFECYCLE_OBJECTS,
                against.isEmpty(),
                against.isEmpty() ? "no rule takes stored objects away" : String.join("; ", against),
                null));
    }

    private static int sum() {
        CRC32C crc = new CRC32C();
        crc.update(BYTES);
        return (int) crc.getValue();
    }

    private <T> Mono<T> call(String operation, Supplier<CompletableFuture<T>> request) {
        return store.calls().once(store.calls().target(operation, "", key), request);
    }

    /// Makes a request that should succeed.
    private <T> @Nullable T ask(Operation operation, String evidence, Mono<T> request) {
        try {
            T answer = request.block();
            answers.add(
                    new Answer(operation, answer != null, answer == null ? "the answer was empty" : evidence, null));
            return answer;
        } catch (S3Failure e) {
            answers.add(new Answer(operation, false, String.valueOf(e.getMessage()), e));
            return null;
        }
    }

    /// Makes a request that the server should refuse. A server may end the connection before the client has read
    /// its refusal; then the request is made again.
    private void refusal(Operation operation, int status, String evidence, Mono<?> request) {
        Retry again = Retry.fixedDelay(REFUSED_AGAIN, Duration.ofMillis(200))
                .filter(e -> e instanceof S3Failure failure && failure.status() == 0)
                .onRetryExhaustedThrow((_, last) -> last.failure());
        try {
            request.retryWhen(again).block();
            answers.add(new Answer(operation, false, "the server accepted it", null));
        } catch (S3Failure e) {
            boolean good = e.status() == status;
            answers.add(new Answer(operation, good, good ? evidence : String.valueOf(e.getMessage()), good ? null : e));
        }
    }
}
