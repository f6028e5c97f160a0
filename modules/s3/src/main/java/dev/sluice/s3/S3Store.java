package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// One bucket, seen through one client. All keys are relative to the configured prefix.
///
/// **Ownership:** whoever opens it closes it, after the uploads and downloads on it have ended; connections still
/// open are cut. After that none of its threads is left.
///
/// **Errors:** every `Mono` and `Flux` here fails with [S3Failure] and nothing else.
///
/// **Threading:** safe for any thread. Results arrive on the client's event loops, so whoever subscribes does not
/// block.
public final class S3Store implements AutoCloseable {
    private static final int PRECONDITION_FAILED = 412;
    private static final int DELETES_AT_ONCE = 4;

    private final StoreConfig config;
    private final Calls calls;
    private final Wire wire;
    private final RateLimit limit;
    private final SdkAsyncHttpClient http;
    private final S3AsyncClient client;

    private S3Store(StoreConfig config, AwsCredentialsProvider credentials) {
        this.config = config;
        this.calls = new Calls(config);
        this.wire = new Wire(Math.min(4, Runtime.getRuntime().availableProcessors()));
        this.limit = new RateLimit(config.network().bytesPerSecond());
        this.http = Clients.http(config, wire);
        this.client = Clients.s3(config, http, credentials);
    }

    /// Opens no connection; [#check()] does.
    public static S3Store open(StoreConfig config) {
        return new S3Store(config, Clients.credentials(config.credentials()));
    }

    /// With keys from elsewhere than the configuration.
    static S3Store open(StoreConfig config, AwsCredentialsProvider credentials) {
        return new S3Store(config, credentials);
    }

    public StoreConfig config() {
        return config;
    }

    /// Requests since it was opened, each attempt of them.
    public long requests() {
        return calls.requests();
    }

    /// Attempts beyond each request's first, since the store was opened.
    public long retries() {
        return calls.retries();
    }

    /// Requests that were refused for what they named, an object, an upload or a prefix, since the store was opened.
    public long refusals() {
        return calls.refusals();
    }

    // ---- the bucket ----

    /// Completes when the bucket exists and these credentials may use it; emits the server's time.
    public Mono<Instant> check() {
        Target target = calls.target("HeadBucket", "", "");
        return calls.call(target, () -> client.headBucket(request -> request.bucket(config.bucket())))
                .map(S3Store::date);
    }

    /// What the server lets on about itself, as a profile to use: [ProviderProfile#AWS] for Amazon's own endpoints and
    /// whoever names itself so, [ProviderProfile#GENERIC] for who does not say.
    public Mono<ProviderProfile> recognise() {
        if (config.endpoint() == null) {
            return Mono.just(ProviderProfile.AWS);
        }
        Target target = calls.target("HeadBucket", "", "");
        return calls.call(target, () -> client.headBucket(request -> request.bucket(config.bucket())))
                .map(answer -> ProviderProfile.recognised(
                        answer.sdkHttpResponse().firstMatchingHeader("Server").orElse(null),
                        answer.sdkHttpResponse().headers().keySet().stream()
                                .anyMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("x-rgw-"))));
    }

    private static Instant date(HeadBucketResponse answer) {
        return answer.sdkHttpResponse()
                .firstMatchingHeader("Date")
                .map(date -> ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant())
                .orElseGet(Instant::now); // only a server without a clock sends no Date
    }

    // ---- small objects ----

    /// Stores `bytes` under `key`, whatever was there.
    public Mono<Void> put(String key, byte[] bytes) {
        return calls.call(calls.target("PutObject", "", key), () -> put(key, bytes, false))
                .then();
    }

    /// Stores `bytes` under `key` unless something is there; emits whether it did.
    ///
    /// A server that ignores conditions ([ProviderProfile#conditionalWrites()]) is asked first instead, which
    /// leaves a gap between question and answer.
    public Mono<Boolean> putIfAbsent(String key, byte[] bytes) {
        if (!config.profile().conditionalWrites()) {
            return head(key)
                    .map(_ -> false)
                    .switchIfEmpty(Mono.defer(() -> put(key, bytes).thenReturn(true)));
        }
        return calls.call(calls.target("PutObject", "if absent", key), () -> put(key, bytes, true))
                .map(_ -> true)
                .onErrorResume(
                        failure -> failure instanceof S3Failure s3 && s3.status() == PRECONDITION_FAILED,
                        // Perhaps it is our own, from an attempt whose answer was lost.
                        _ -> get(key).map(there -> Arrays.equals(there, bytes)).defaultIfEmpty(false));
    }

    private CompletableFuture<?> put(String key, byte[] bytes, boolean ifAbsent) {
        PutObjectRequest.Builder request =
                PutObjectRequest.builder().bucket(config.bucket()).key(absolute(key));
        if (config.profile().partChecksums()) {
            CRC32C crc = new CRC32C();
            crc.update(bytes);
            request.checksumCRC32C(Crc32c.base64((int) crc.getValue()));
        }
        if (ifAbsent) {
            request.ifNoneMatch("*");
        }
        return client.putObject(request.build(), AsyncRequestBody.fromBytes(bytes));
    }

    /// The object's bytes, on the heap; empty when there is none. For documents, not for backups.
    public Mono<byte[]> get(String key) {
        return absentAsEmpty(calls.call(
                        calls.target("GetObject", "", key),
                        () -> client.getObject(
                                request -> request.bucket(config.bucket()).key(absolute(key)),
                                AsyncResponseTransformer.toBytes()))
                .map(ResponseBytes::asByteArrayUnsafe));
    }

    /// What is known about an object; empty when there is none.
    public Mono<ObjectInfo> head(String key) {
        return absentAsEmpty(calls.call(
                        calls.target("HeadObject", "", key),
                        () -> client.headObject(
                                request -> request.bucket(config.bucket()).key(absolute(key))))
                .map(answer -> new ObjectInfo(key, answer.contentLength(), answer.eTag(), answer.lastModified())));
    }

    /// Deletes an object; nothing when there is none. In a bucket with versions, the older ones stay.
    public Mono<Void> delete(String key) {
        return absentAsEmpty(calls.call(
                        calls.target("DeleteObject", "", key),
                        () -> client.deleteObject(
                                request -> request.bucket(config.bucket()).key(absolute(key)))))
                .then();
    }

    /// Deletes one by one: a backup has few objects, and servers differ in the checksum they demand of a batch.
    public Mono<Void> delete(Collection<String> keys) {
        return Flux.fromIterable(List.copyOf(keys))
                .flatMap(this::delete, DELETES_AT_ONCE)
                .then();
    }

    /// The objects whose keys begin with `prefix`, in the order of their keys.
    ///
    /// **Backpressure:** a page of up to 1,000 is asked for when the one before it has been taken.
    public Flux<ObjectInfo> list(String prefix) {
        return listPage(prefix, null)
                .expand(page -> Boolean.TRUE.equals(page.isTruncated())
                        ? listPage(prefix, page.nextContinuationToken())
                        : Mono.empty())
                .concatMapIterable(ListObjectsV2Response::contents, 1)
                .map(object ->
                        new ObjectInfo(relative(object.key()), object.size(), object.eTag(), object.lastModified()));
    }

    private Mono<ListObjectsV2Response> listPage(String prefix, @Nullable String token) {
        Target target = calls.target("ListObjectsV2", "", prefix);
        return calls.call(
                        target,
                        () -> client.listObjectsV2(request -> request.bucket(config.bucket())
                                .prefix(absolute(prefix))
                                .continuationToken(token)))
                .filter(page -> page.isTruncated() != null)
                .switchIfEmpty(noListing(target));
    }

    // ---- multipart uploads ----

    /// The uploads under way, or left behind, for keys that begin with `prefix`.
    public Flux<OngoingUpload> uploads(String prefix) {
        return uploadsPage(prefix, null, null)
                .expand(page -> Boolean.TRUE.equals(page.isTruncated())
                        ? uploadsPage(prefix, page.nextKeyMarker(), page.nextUploadIdMarker())
                        : Mono.empty())
                .concatMapIterable(ListMultipartUploadsResponse::uploads, 1)
                .map(upload -> new OngoingUpload(relative(upload.key()), upload.uploadId(), upload.initiated()));
    }

    private Mono<ListMultipartUploadsResponse> uploadsPage(
            String prefix, @Nullable String keyMarker, @Nullable String uploadIdMarker) {
        Target target = calls.target("ListMultipartUploads", "", prefix);
        return calls.call(
                        target,
                        () -> client.listMultipartUploads(request -> request.bucket(config.bucket())
                                .prefix(absolute(prefix))
                                .keyMarker(keyMarker)
                                .uploadIdMarker(uploadIdMarker)))
                .filter(page -> page.isTruncated() != null)
                .switchIfEmpty(noListing(target));
    }

    /// The SDK makes an empty listing of any XML at all, a proxy's page included. A listing says whether it is whole.
    <T> Mono<T> noListing(Target target) {
        return Mono.error(() -> calls.counted(S3Failure.of(target, "the answer is no listing", false)));
    }

    /// Aborts an upload and frees its parts; nothing when it is gone already.
    public Mono<Void> abort(OngoingUpload upload) {
        return new UploadRemoval(this, upload.key()).remove(upload.uploadId());
    }

    /// Aborts uploads that began more than `age` ago by the server's clock, and that `orphaned` says nobody will
    /// finish. Emits each when it is gone.
    ///
    /// @param refused hears of each that the server refuses to abort, which holds up no other
    public Flux<OngoingUpload> abortOlderThan(
            String prefix, Duration age, Predicate<OngoingUpload> orphaned, Consumer<S3Failure> refused) {
        return check().flatMapMany(now -> uploads(prefix)
                .filter(upload -> upload.initiated().isBefore(now.minus(age)))
                .filter(orphaned)
                .concatMap(upload -> abort(upload)
                        .thenReturn(upload)
                        .onErrorResume(S3Failure.class, e -> {
                            if (!e.kind().isOfObject()) {
                                return Mono.error(e);
                            }
                            refused.accept(e);
                            return Mono.empty();
                        })));
    }

    // ---- stripes ----

    /// Begins the upload of one stripe. Nothing is sent before its first part is full.
    ///
    /// @param memory what [Admission#stripe(int)] gave this stripe
    /// @param keys   key of the stripe's n-th segment, counted from 1
    public StripeUpload upload(StripeMemory memory, PartPlan plan, IntFunction<String> keys) {
        return upload(memory, plan, keys, ObjectOptions.NONE);
    }

    /// The same, for objects of a certain kind.
    public StripeUpload upload(StripeMemory memory, PartPlan plan, IntFunction<String> keys, ObjectOptions options) {
        return new StripeUpload(this, memory, plan, keys, options);
    }

    /// Puts the segments of a stripe together to one object, by copies inside the bucket. The segments stay.
    ///
    /// **Errors:** [IllegalArgumentException] when S3's rules or the blocks' sums do not allow it: a segment below
    /// 5 MiB before the last, or one that ends within a block; [S3Failure] otherwise, and then nothing is left of
    /// the attempt.
    public Mono<StoredSegment> join(List<StoredSegment> segments, String key, ObjectOptions options) {
        return new SegmentJoin(this, segments, key, options).run();
    }

    /// Begins the download of one stripe. Nothing is fetched before the first [StripeDownload#await(int)].
    ///
    /// @param memory  what [Admission#stripe(int)] gave this stripe
    /// @param sources the stripe's segments in order; for one that is in no catalog, see [#source(String)]
    public StripeDownload download(StripeMemory memory, DownloadPlan plan, List<DownloadSource> sources) {
        return new StripeDownload(this, memory, plan, sources);
    }

    /// An object without known sums, as it is now; empty when there is none.
    public Mono<DownloadSource> source(String key) {
        return head(key).map(DownloadSource::unverified);
    }

    // ---- what the package shares ----

    Calls calls() {
        return calls;
    }

    Wire wire() {
        return wire;
    }

    RateLimit limit() {
        return limit;
    }

    S3AsyncClient client() {
        return client;
    }

    String absolute(String key) {
        return config.prefix() + key;
    }

    private String relative(String key) {
        return key.startsWith(config.prefix()) ? key.substring(config.prefix().length()) : key;
    }

    private static <T> Mono<T> absentAsEmpty(Mono<T> request) {
        return request.onErrorResume(S3Store::isNotFound, _ -> Mono.empty());
    }

    static boolean isNotFound(Throwable failure) {
        return failure instanceof S3Failure s3 && s3.kind() == FailureKind.OBJECT_ABSENT;
    }

    /// Blocks until connections are cut and threads have ended; not to be called on one of those.
    @Override
    public void close() {
        try {
            client.close();
            http.close();
        } finally {
            wire.close();
        }
    }
}
