package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// One bucket, seen through one client. Keys are relative to the configured prefix, unless they begin with `/`: then
/// they are whole ones, of what other programs have stored. Those are read, and never written; only
/// [#deleteForeign(String)] deletes one.
///
/// **Ownership:** whoever opens it closes it, after the uploads and downloads on it have ended; connections still
/// open are cut. After that none of its threads is left.
///
/// **Errors:** every `Mono` and `Flux` here fails with [S3Failure] and nothing else.
///
/// **Threading:** safe for any thread. Results arrive on the client's event loops, so whoever subscribes does not
/// block.
public final class S3Store implements AutoCloseable {
    private static final int FORBIDDEN = 403;
    private static final int PRECONDITION_FAILED = 412;
    private static final int DELETES_AT_ONCE = 4;

    private final StoreConfig config;
    private final ProxyRoute route;
    private final ServerClock clock = new ServerClock();
    private final Calls calls;
    private final Wire wire;
    private final RateLimit limit;
    private final @Nullable TlsProvider tls;
    private final SdkAsyncHttpClient http;
    private final S3AsyncClient client;

    private S3Store(StoreConfig config, AwsCredentialsProvider credentials, Supplier<TlsProvider> tls) {
        this.config = config;
        URI server = Clients.address(config);
        this.route = config.network().routeTo(server);
        this.calls = new Calls(config, route, clock);
        this.wire = new Wire(
                Math.min(4, Runtime.getRuntime().availableProcessors()),
                route.proxy() != null && "http".equals(server.getScheme()));
        this.limit = new RateLimit(config.network().bytesPerSecond());
        this.tls = "https".equals(server.getScheme()) ? tls.get() : null;
        this.http = Clients.http(config, wire, route.proxy(), this.tls);
        this.client = Clients.s3(config, http, credentials, clock);
    }

    /// Opens no connection; [#check()] does.
    ///
    /// **Errors:** [UnusableProxyException]; [IllegalArgumentException] when the certificates to trust cannot
    /// be read.
    public static S3Store open(StoreConfig config) {
        return open(config, TlsProvider::best);
    }

    /// With keys from elsewhere than the configuration.
    static S3Store open(StoreConfig config, AwsCredentialsProvider credentials) {
        return new S3Store(config, credentials, TlsProvider::best);
    }

    /// With TLS by another provider than the best one.
    static S3Store open(StoreConfig config, Supplier<TlsProvider> tls) {
        return new S3Store(config, Clients.credentials(config.credentials()), tls);
    }

    public StoreConfig config() {
        return config;
    }

    /// The way to the server where there is something to tell about it: which proxy is in between, or why none
    /// is; empty otherwise.
    public Optional<String> way() {
        if (route.proxy() != null) {
            return Optional.of("requests go through proxy %s, %s".formatted(route.proxy(), route.why()));
        }
        return route.why().isEmpty()
                ? Optional.empty()
                : Optional.of("requests go to the server itself: " + route.why());
    }

    /// What encrypts the connections to the server; empty where they are not encrypted.
    public Optional<TlsProvider> tls() {
        return Optional.ofNullable(tls);
    }

    /// Requests since it was opened, each attempt of them.
    public long requests() {
        return calls.requests();
    }

    /// Attempts beyond each request's first, since the store was opened.
    public long retries() {
        return calls.retries();
    }

    /// Requests that were refused for what they named, an object, an upload or a prefix, since the store was
    /// opened.
    public long refusals() {
        return calls.refusals();
    }

    // ---- the bucket ----

    /// Completes when the bucket exists and these credentials may use it; emits the server's time.
    ///
    /// Rights that are limited to a prefix never cover HeadBucket, which names none. Where that is forbidden, a
    /// listing of one key below the own prefix tells the same.
    public Mono<Instant> check() {
        Target target = calls.target("HeadBucket", "", "");
        return calls.call(target, () -> client.headBucket(request -> request.bucket(config.bucket())))
                .map(answer -> date(answer.sdkHttpResponse()))
                .onErrorResume(
                        failure -> failure instanceof S3Failure s3 && s3.status() == FORBIDDEN,
                        // What the refusal says of the region and the clock is worth more than a second one.
                        forbidden -> listsOwnPrefix().onErrorResume(S3Failure.class, _ -> Mono.error(forbidden)));
    }

    private Mono<Instant> listsOwnPrefix() {
        // By the name of what it stands for: its refusal is one of the bucket, not of a prefix.
        Target target = calls.target("HeadBucket", "by a listing", "");
        return calls.call(
                        target,
                        () -> client.listObjectsV2(request -> request.bucket(config.bucket())
                                        .prefix(config.prefix())
                                        .maxKeys(1))
                                .thenApply(answer -> Answers.listing(target, config.prefix(), answer)))
                .map(answer -> date(answer.sdkHttpResponse()));
    }

    /// What the server lets on about itself, as a profile to use: [ProviderProfile#AWS] for Amazon's own
    /// endpoints and whoever names itself so, [ProviderProfile#GENERIC] for who does not say.
    public Mono<ProviderProfile> recognise() {
        if (config.endpoint() == null) {
            return Mono.just(ProviderProfile.AWS);
        }
        Optional<ProviderProfile> byAddress = ProviderProfile.recognised(config.endpoint());
        if (byAddress.isPresent()) {
            return Mono.just(byAddress.get());
        }
        Target target = calls.target("HeadBucket", "", "");
        return calls.call(target, () -> client.headBucket(request -> request.bucket(config.bucket())))
                .map(answer -> ProviderProfile.recognised(
                        answer.sdkHttpResponse().firstMatchingHeader("Server").orElse(null),
                        answer.sdkHttpResponse().headers().keySet().stream()
                                .anyMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("x-rgw-"))));
    }

    private static Instant date(SdkHttpResponse answer) {
        return answer.firstMatchingHeader("Date")
                .map(date -> ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant())
                .orElseGet(Instant::now); // only a server without a clock sends no Date
    }

    // ---- small objects ----

    /// Stores `bytes` under `key`, whatever was there.
    public Mono<Void> put(String key, byte[] bytes) {
        return put(key, bytes, null);
    }

    /// The same, for an object that is locked.
    ///
    /// @param lock null for none
    public Mono<Void> put(String key, byte[] bytes, ObjectOptions.@Nullable Lock lock) {
        return calls.call(calls.target("PutObject", "", key), () -> put(key, bytes, lock, false))
                .then();
    }

    /// Stores `bytes` under `key` unless something is there; emits whether it did.
    ///
    /// A server that ignores conditions ([ProviderProfile#conditionalWrites()]) is asked first instead, which
    /// leaves a gap between question and answer.
    public Mono<Boolean> putIfAbsent(String key, byte[] bytes) {
        return putIfAbsent(key, bytes, null);
    }

    /// The same, for an object that is locked.
    ///
    /// @param lock null for none
    public Mono<Boolean> putIfAbsent(String key, byte[] bytes, ObjectOptions.@Nullable Lock lock) {
        if (!config.profile().conditionalWrites()) {
            return head(key)
                    .map(_ -> false)
                    .switchIfEmpty(Mono.defer(() -> put(key, bytes, lock).thenReturn(true)));
        }
        return calls.call(calls.target("PutObject", "if absent", key), () -> put(key, bytes, lock, true))
                .map(_ -> true)
                .onErrorResume(
                        failure -> failure instanceof S3Failure s3 && s3.status() == PRECONDITION_FAILED,
                        // Perhaps it is our own, from an attempt whose answer was lost.
                        _ -> read(key, (_, there) -> Arrays.equals(there.readNBytes(bytes.length + 1), bytes))
                                .defaultIfEmpty(false));
    }

    private CompletableFuture<?> put(String key, byte[] bytes, ObjectOptions.@Nullable Lock lock, boolean ifAbsent) {
        requireOwn(key);
        PutObjectRequest.Builder request =
                PutObjectRequest.builder().bucket(config.bucket()).key(absolute(key));
        if (config.profile().partChecksums()) {
            CRC32C crc = new CRC32C();
            crc.update(bytes);
            request.checksumCRC32C(Crc32c.base64((int) crc.getValue()));
        } else {
            // A bucket whose objects are locked by default takes none without a sum.
            request.contentMD5(ContentMd5.base64(List.of(ByteBuffer.wrap(bytes))));
        }
        if (lock != null) {
            request.objectLockMode(lock.mode().name()).objectLockRetainUntilDate(lock.retainUntil());
        }
        if (ifAbsent) {
            request.ifNoneMatch("*");
        }
        return client.putObject(request.build(), AsyncRequestBody.fromBytes(bytes));
    }

    /// What `reader` makes of the object while it arrives; empty when there is none. What the reader leaves is
    /// not fetched, so this is the way to read what may have any size.
    ///
    /// **Errors:** [S3Failure], and what the reader throws.
    public <T> Mono<T> read(String key, ObjectReader<T> reader) {
        return absentAsEmpty(new ObjectRead<>(this, key, reader).run());
    }

    /// The object's bytes, on the heap; empty when there is none. For what this program has just written itself.
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
                .flatMap(answer -> answer.contentLength() == null || answer.eTag() == null
                        ? listed(key)
                        : Mono.just(new ObjectInfo(
                                key,
                                answer.contentLength(),
                                answer.eTag(),
                                Objects.requireNonNullElse(answer.lastModified(), Instant.EPOCH),
                                AccessProbe.storageClass(answer.storageClassAsString())))));
    }

    /// What the server keeps about an object, its own sum and what was written with it included; empty when there
    /// is none.
    public Mono<ObjectFacts> facts(String key) {
        return absentAsEmpty(new ObjectPiece(this, key).facts());
    }

    /// A piece of an object, on the heap: for looks at objects that no document tells about. Shorter where the
    /// object ends; empty when there is none.
    ///
    /// @param object as a listing shows it; the server is asked to refuse when it was replaced meanwhile
    /// @param offset below its size
    public Mono<byte[]> piece(ObjectInfo object, long offset, int length) {
        return absentAsEmpty(new ObjectPiece(this, object.key()).bytes(offset, length, object.eTag()));
    }

    /// What the listing says about one object: some proxies drop Content-Length or ETag from the answer to HEAD.
    Mono<ObjectInfo> listed(String key) {
        return list(key)
                .filter(object -> object.key().equals(key))
                .next()
                .switchIfEmpty(Mono.error(() -> S3Failure.of(
                        calls.target("HeadObject", "", key),
                        "the answer tells neither size nor ETag, and the listing does not have the object",
                        false)));
    }

    /// Whether an object can be read now, by a look at its first byte. What is refused for this one object is an
    /// answer and no failure.
    ///
    /// @param archived whether its storage class leaves open that it has to be thawed; see
    ///                 [ObjectInfo#mayBeArchived()]
    public Mono<ObjectAccess> access(String key, boolean archived) {
        return new AccessProbe(this, key).run(archived);
    }

    /// Deletes an object; nothing when there is none. In a bucket with versions, the older ones stay.
    ///
    /// **Errors:** [IllegalArgumentException] for a whole key: what other programs have stored goes by
    /// [#deleteForeign(String)] alone.
    public Mono<Void> delete(String key) {
        requireOwn(key);
        return deleted(key);
    }

    /// Deletes an object that another program has stored, because a person has named it.
    ///
    /// @param key a whole one, with `/` in front
    public Mono<Void> deleteForeign(String key) {
        if (!isForeign(key)) {
            throw new IllegalArgumentException(key + " is no whole key");
        }
        return deleted(key);
    }

    private Mono<Void> deleted(String key) {
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
        return Flux.defer(() -> {
                    Continuation places = new Continuation(calls.target("ListObjectsV2", "", prefix));
                    return listPage(prefix, null)
                            .expand(page -> Boolean.TRUE.equals(page.isTruncated())
                                    ? listPage(prefix, places.next(page.nextContinuationToken()))
                                    : Mono.empty());
                })
                .concatMapIterable(ListObjectsV2Response::contents, 1)
                .map(object -> new ObjectInfo(
                        relative(prefix, object.key()),
                        object.size(),
                        Objects.requireNonNullElse(object.eTag(), ""),
                        Objects.requireNonNullElse(object.lastModified(), Instant.EPOCH),
                        AccessProbe.storageClass(object.storageClassAsString())));
    }

    private Mono<ListObjectsV2Response> listPage(String prefix, @Nullable String token) {
        Target target = calls.target("ListObjectsV2", "", prefix);
        return calls.call(
                target,
                () -> client.listObjectsV2(request -> request.bucket(config.bucket())
                                .prefix(absolute(prefix))
                                .continuationToken(token))
                        .thenApply(answer -> Answers.listing(target, absolute(prefix), answer)));
    }

    // ---- multipart uploads ----

    /// The uploads under way, or left behind, for keys that begin with `prefix`.
    public Flux<OngoingUpload> uploads(String prefix) {
        return Flux.defer(() -> {
                    Continuation places = new Continuation(calls.target("ListMultipartUploads", "", prefix));
                    return uploadsPage(prefix, null, null).expand(page -> {
                        if (!Boolean.TRUE.equals(page.isTruncated())) {
                            return Mono.empty();
                        }
                        // A server may leave out the upload, and begin behind the key.
                        places.next(page.nextKeyMarker() + " " + page.nextUploadIdMarker());
                        return uploadsPage(prefix, page.nextKeyMarker(), page.nextUploadIdMarker());
                    });
                })
                .concatMapIterable(ListMultipartUploadsResponse::uploads, 1)
                .map(upload ->
                        new OngoingUpload(relative(prefix, upload.key()), upload.uploadId(), upload.initiated()));
    }

    private Mono<ListMultipartUploadsResponse> uploadsPage(
            String prefix, @Nullable String keyMarker, @Nullable String uploadIdMarker) {
        Target target = calls.target("ListMultipartUploads", "", prefix);
        return calls.call(
                target,
                () -> client.listMultipartUploads(request -> request.bucket(config.bucket())
                                .prefix(absolute(prefix))
                                .keyMarker(keyMarker)
                                .uploadIdMarker(uploadIdMarker))
                        .thenApply(answer -> Answers.uploads(target, answer)));
    }

    /// Aborts an upload and frees its parts; nothing when it is gone already.
    public Mono<Void> abort(OngoingUpload upload) {
        return new UploadRemoval(this, upload.key()).remove(upload.uploadId());
    }

    /// Aborts uploads that have got no part for more than `age` by the server's clock, and that `orphaned` says
    /// will not be finished. Emits each when it is gone. An upload may take days, as a join of terabytes does,
    /// and get parts all the time.
    ///
    /// @param refused hears of each that the server refuses to show or to abort, which holds up no other
    public Flux<OngoingUpload> abortOlderThan(
            String prefix, Duration age, Predicate<OngoingUpload> orphaned, Consumer<S3Failure> refused) {
        return check().flatMapMany(now -> {
            Instant limit = now.minus(age);
            return uploads(prefix)
                    .filter(upload -> upload.initiated().isBefore(limit))
                    .filter(orphaned)
                    .concatMap(upload -> lastPart(upload)
                            .filter(last -> last.isBefore(limit))
                            .flatMap(_ -> abort(upload).thenReturn(upload))
                            .onErrorResume(S3Failure.class, e -> {
                                if (!e.kind().isOfObject()) {
                                    return Mono.error(e);
                                }
                                refused.accept(e);
                                return Mono.empty();
                            }));
        });
    }

    /// Removes every upload of this key, also those whose id never reached this process.
    public Mono<Void> abortAll(String key) {
        return new UploadRemoval(this, key).removeAll();
    }

    /// When the upload got its newest part; when it began, if it has none or is gone.
    private Mono<Instant> lastPart(OngoingUpload upload) {
        return partsPage(upload, null)
                .expand(page -> Boolean.TRUE.equals(page.isTruncated())
                        ? partsPage(upload, page.nextPartNumberMarker())
                        : Mono.empty())
                .concatMapIterable(ListPartsResponse::parts, 1)
                .map(Part::lastModified)
                .reduce(upload.initiated(), (one, other) -> one.isAfter(other) ? one : other);
    }

    private Mono<ListPartsResponse> partsPage(OngoingUpload upload, @Nullable Integer marker) {
        Target target = calls.target("ListParts", "", upload.key());
        return absentAsEmpty(calls.call(
                target,
                () -> client.listParts(request -> request.bucket(config.bucket())
                                .key(absolute(upload.key()))
                                .uploadId(upload.uploadId())
                                .partNumberMarker(marker))
                        .thenApply(answer -> Answers.parts(target, answer))));
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
        return isForeign(key) ? key.substring(1) : config.prefix() + key;
    }

    /// @param asked the prefix that was asked for
    private String relative(String asked, String key) {
        if (isForeign(asked)) {
            return "/" + key;
        }
        return key.startsWith(config.prefix()) ? key.substring(config.prefix().length()) : key;
    }

    private static boolean isForeign(String key) {
        return key.startsWith("/");
    }

    private static void requireOwn(String key) {
        if (isForeign(key)) {
            throw new IllegalArgumentException(key + " is another program's object, and stays as it is");
        }
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
