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
import java.util.function.Function;
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
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// One bucket, seen through one client. Keys are relative to the configured prefix. A key that begins with `/` is a
/// whole key, of an object that another program has stored. Sluice reads such objects and never writes them; only
/// [#deleteForeign(String)] deletes one.
///
/// **Ownership:** the caller that opens the store closes it, after its uploads and downloads have ended. Close cuts
/// connections that are still open, and ends all threads.
///
/// **Errors:** every `Mono` and `Flux` here fails with [S3Failure] and nothing else.
///
/// **Threading:** safe for any thread. Results arrive on the client's event loops, so a subscriber must not block.
public final class S3Store implements AutoCloseable {
    private static final int FORBIDDEN = 403;
    private static final int PRECONDITION_FAILED = 412;
    private static final int DELETES_AT_ONCE = 4;

    private final StoreConfig config;
    private final ProxyRoute route;
    private final ServerClock clock = new ServerClock();
    private final S3Calls calls;
    private final DirectBodies bodies = new DirectBodies();
    private final Wire wire;
    private final RateLimit limit;
    private final @Nullable TlsProvider tls;
    private final SdkAsyncHttpClient http;
    private final S3AsyncClient client;
    private final ObjectListing listing;
    private final @Nullable ObjectVersions past;

    /// @param instant null for the bucket as it is
    private S3Store(
            StoreConfig config,
            AwsCredentialsProvider credentials,
            Supplier<TlsProvider> tls,
            Function<String, @Nullable String> environment,
            @Nullable Instant instant) {
        this.config = config;
        URI server = Clients.address(config);
        this.route = config.network().routeTo(server, environment);
        this.calls = new S3Calls(config, route, clock);
        this.tls = "https".equals(server.getScheme()) ? tls.get() : null;
        this.wire = new Wire(
                Math.min(4, Runtime.getRuntime().availableProcessors()),
                route.proxy() != null && this.tls == null,
                this.tls == null ? PartBody.SLICE : PartBody.SLICE_OVER_TLS,
                bodies);
        this.limit = new RateLimit(config.network().bytesPerSecond());
        this.http = Clients.http(config, wire, route.proxy(), this.tls);
        S3AsyncClient plain = Clients.s3(config, http, credentials, clock, bodies);
        this.past = instant == null ? null : new ObjectVersions(plain, calls, config.bucket(), instant);
        this.client = past == null ? plain : new PastClient(plain, past);
        this.listing = past == null ? new Listings(this) : new PastListings(this, past);
    }

    /// Opens no connection; [#check()] does.
    ///
    /// **Errors:** [UnusableProxyException]; [IllegalArgumentException] when the certificates to trust cannot
    /// be read.
    public static S3Store open(StoreConfig config) {
        return open(config, TlsProvider::best);
    }

    /// Opens the bucket as it was at an instant: every read and every listing is of the versions of that
    /// instant, and every write fails. The bucket must have versions; see [BucketSettings#versioning(S3Store)].
    ///
    /// **Errors:** as [#open(StoreConfig)].
    public static S3Store openAsOf(StoreConfig config, Instant instant) {
        return new S3Store(
                config, Clients.credentials(config.credentials()), TlsProvider::best, System::getenv, instant);
    }

    /// With credentials from another source than the configuration.
    static S3Store open(StoreConfig config, AwsCredentialsProvider credentials) {
        return new S3Store(config, credentials, TlsProvider::best, System::getenv, null);
    }

    /// With TLS by another provider than the best one.
    static S3Store open(StoreConfig config, Supplier<TlsProvider> tls) {
        return new S3Store(config, Clients.credentials(config.credentials()), tls, System::getenv, null);
    }

    /// With other variables for proxies than those of the process's environment.
    static S3Store open(StoreConfig config, Function<String, @Nullable String> environment) {
        return new S3Store(config, Clients.credentials(config.credentials()), TlsProvider::best, environment, null);
    }

    public StoreConfig config() {
        return config;
    }

    /// The instant whose objects this store shows; empty for the bucket as it is.
    public Optional<Instant> asOf() {
        return Optional.ofNullable(past).map(ObjectVersions::instant);
    }

    /// A line about the proxy, for the log: the proxy that requests go through, or the reason why they go
    /// through none. Empty when no setting names a proxy.
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

    /// Requests since the store was opened; each attempt counts.
    public long requests() {
        return calls.requests();
    }

    /// Attempts beyond each request's first, since the store was opened.
    public long retries() {
        return calls.retries();
    }

    /// Requests for an object, an upload or a prefix that the server refused, since the store was opened.
    public long refusals() {
        return calls.refusals();
    }

    // ---- the bucket ----

    /// Completes when the bucket exists and these credentials may use it; emits the server's time.
    ///
    /// Rights that are limited to a prefix do not cover HeadBucket, which names none. If the server forbids
    /// HeadBucket, a listing of one key below the store's prefix takes its place.
    public Mono<Instant> check() {
        Target target = calls.target("HeadBucket", "", "");
        return calls.call(target, () -> client.headBucket(request -> request.bucket(config.bucket())))
                .map(answer -> date(answer.sdkHttpResponse()))
                .onErrorResume(
                        failure -> failure instanceof S3Failure s3 && s3.status() == FORBIDDEN,
                        // The refusal's hints about the region and the clock are worth more than a second refusal.
                        forbidden -> listsOwnPrefix().onErrorResume(S3Failure.class, _ -> Mono.error(forbidden)));
    }

    private Mono<Instant> listsOwnPrefix() {
        // Named HeadBucket, whose place it takes, so that a refusal counts for the whole bucket.
        Target target = calls.target("HeadBucket", "by a listing", "");
        return calls.call(
                        target,
                        () -> client.listObjectsV2(request -> request.bucket(config.bucket())
                                        .prefix(config.prefix())
                                        .maxKeys(1))
                                .thenApply(answer -> ResponseChecks.listing(target, config.prefix(), answer)))
                .map(answer -> date(answer.sdkHttpResponse()));
    }

    /// The profile that fits the server's own headers: [ProviderProfile#AWS] for Amazon's endpoints and servers
    /// that name themselves so, [ProviderProfile#GENERIC] for servers that name nothing.
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

    /// Stores `bytes` under `key`, and replaces an object that is there.
    public Mono<Void> put(String key, byte[] bytes) {
        return put(key, bytes, null);
    }

    /// The same, for an object that gets a lock.
    ///
    /// @param lock null for none
    public Mono<Void> put(String key, byte[] bytes, ObjectOptions.@Nullable Lock lock) {
        return calls.call(calls.target("PutObject", "", key), () -> put(key, bytes, lock, false))
                .then();
    }

    /// Stores `bytes` under `key` unless something is there; emits whether it did.
    ///
    /// On a server that ignores conditions ([ProviderProfile#conditionalWrites()]) this looks for the object first
    /// instead, which leaves a gap between the look and the write.
    public Mono<Boolean> putIfAbsent(String key, byte[] bytes) {
        return putIfAbsent(key, bytes, null);
    }

    /// The same, for an object that gets a lock.
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
                        // The object may be our own, from an attempt whose response was lost.
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
            // A bucket that locks objects by default accepts none without a checksum.
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

    /// Emits `reader`'s result, made while the object arrives; empty when there is no object. Only the bytes that
    /// the reader takes are fetched, so use this for objects of any size.
    ///
    /// **Errors:** [S3Failure], and the reader's exceptions.
    public <T> Mono<T> read(String key, ObjectReader<T> reader) {
        return absentAsEmpty(new StreamingRead<>(this, key, reader).run());
    }

    /// The object's bytes, on the heap; empty when there is none. Only for objects that this program has just
    /// written itself.
    public Mono<byte[]> get(String key) {
        return absentAsEmpty(calls.call(
                        calls.target("GetObject", "", key),
                        () -> client.getObject(
                                request -> request.bucket(config.bucket()).key(absolute(key)),
                                AsyncResponseTransformer.toBytes()))
                .map(ResponseBytes::asByteArrayUnsafe));
    }

    /// An object's size and properties; empty when there is no object.
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

    /// The server's facts about an object, including its own checksum and the metadata; empty when there is no
    /// object.
    public Mono<ObjectFacts> facts(String key) {
        return absentAsEmpty(new RangeRead(this, key).facts());
    }

    /// A piece of an object, on the heap, for objects that no document describes. It is shorter where the object
    /// ends; empty when there is no object.
    ///
    /// @param object the object as a listing shows it; the server refuses if it was replaced meanwhile
    /// @param offset below its size
    public Mono<byte[]> piece(ObjectInfo object, long offset, int length) {
        return absentAsEmpty(new RangeRead(this, object.key()).bytes(offset, length, object.eTag()));
    }

    /// One object as the listing shows it, because some proxies drop Content-Length or ETag from the response to
    /// HEAD.
    Mono<ObjectInfo> listed(String key) {
        return list(key)
                .filter(object -> object.key().equals(key))
                .next()
                .switchIfEmpty(Mono.error(() -> S3Failure.of(
                        calls.target("HeadObject", "", key),
                        "the answer has no size or no ETag, and the listing does not have the object",
                        false)));
    }

    /// Whether an object can be read now, by reading its first byte. A refusal of this one object is a result and
    /// not a failure.
    ///
    /// @param archived whether the object may be in an archive, by its storage class; see
    ///                 [ObjectInfo#mayBeArchived()]
    public Mono<ObjectAccess> access(String key, boolean archived) {
        return new AccessProbe(this, key).run(archived);
    }

    /// Deletes an object; does nothing when there is none. In a bucket with versions, the older versions stay.
    ///
    /// **Errors:** [IllegalArgumentException] for a whole key: only [#deleteForeign(String)] deletes other
    /// programs' objects.
    public Mono<Void> delete(String key) {
        requireOwn(key);
        return deleted(key);
    }

    /// Deletes an object that another program has stored, because a person has named it.
    ///
    /// @param key a whole key, with `/` in front
    public Mono<Void> deleteForeign(String key) {
        if (!isForeign(key)) {
            throw new IllegalArgumentException(key + " must begin with /, as a whole key does");
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

    /// Deletes the objects one by one: a backup has few objects, and servers differ in the checksum that they
    /// require for a batch.
    public Mono<Void> delete(Collection<String> keys) {
        return Flux.fromIterable(List.copyOf(keys))
                .flatMap(this::delete, DELETES_AT_ONCE)
                .then();
    }

    /// The objects whose keys begin with `prefix`, in the order of their keys.
    ///
    /// **Backpressure:** it requests a page of up to 1,000 when the subscriber has taken the one before.
    public Flux<ObjectInfo> list(String prefix) {
        return listing.objects(prefix);
    }

    /// The names of the directories directly below `prefix`, without their slashes, in their order. A page of up to
    /// 1,000 of them is one request, however many objects they have.
    ///
    /// @param prefix empty for the store's own, or ends with a slash
    public Flux<String> directories(String prefix) {
        return listing.directories(prefix);
    }

    /// Those of them that the first page of the listing shows, in one request whatever lies there. It is enough where
    /// the name that is looked for is among few, and others may have put millions of objects.
    public Flux<String> firstDirectories(String prefix) {
        return listing.firstDirectories(prefix);
    }

    // ---- multipart uploads ----

    /// The unfinished uploads, under way or abandoned, for keys that begin with `prefix`.
    public Flux<OngoingUpload> uploads(String prefix) {
        return new UnfinishedUploads(this).list(prefix);
    }

    /// Aborts an upload and frees its parts; does nothing when the server does not know the upload.
    public Mono<Void> abort(OngoingUpload upload) {
        return new UploadRemoval(this, upload.key()).remove(upload.uploadId());
    }

    /// Aborts uploads that have received no part for more than `age` by the server's clock, and for which
    /// `orphaned` returns true. Emits each upload when it is gone. The newest part counts, because an upload may
    /// take days and receive parts all the time, as a join of terabytes does.
    ///
    /// @param refused called for each upload that the server refuses to show or to abort; the others go on
    public Flux<OngoingUpload> abortOlderThan(
            String prefix, Duration age, Predicate<OngoingUpload> orphaned, Consumer<S3Failure> refused) {
        return new UnfinishedUploads(this).abortOlderThan(prefix, age, orphaned, refused);
    }

    /// Removes every upload of this key, also those whose id never reached this process.
    public Mono<Void> abortAll(String key) {
        return new UploadRemoval(this, key).removeAll();
    }

    // ---- stripes ----

    /// Begins the upload of one stripe. It sends nothing before its first part is full.
    ///
    /// @param memory this stripe's memory, from [Admission#stripe(int)]
    /// @param keys   key of the stripe's n-th segment, counted from 1
    public StripeUpload upload(StripeMemory memory, PartPlan plan, IntFunction<String> keys) {
        return upload(memory, plan, keys, ObjectOptions.NONE);
    }

    /// The same, for objects with these properties.
    public StripeUpload upload(StripeMemory memory, PartPlan plan, IntFunction<String> keys, ObjectOptions options) {
        return new StripeUpload(this, memory, plan, keys, options);
    }

    /// Joins the segments of a stripe into one object, by copies inside the bucket. The segments stay.
    ///
    /// **Errors:** [IllegalArgumentException] when S3's rules or the blocks' sums do not allow it: a segment below
    /// 5 MiB before the last, or one that ends within a block; otherwise [S3Failure], and the join leaves nothing
    /// behind.
    public Mono<StoredSegment> join(List<StoredSegment> segments, String key, ObjectOptions options) {
        return new SegmentJoin(this, segments, key, options).run();
    }

    /// Begins the download of one stripe. It fetches nothing before the first [StripeDownload#await(int)].
    ///
    /// @param memory  this stripe's memory, from [Admission#stripe(int)]
    /// @param sources the stripe's segments in order; for an object without a catalog entry, see [#source(String)]
    public StripeDownload download(StripeMemory memory, DownloadPlan plan, List<DownloadSource> sources) {
        return new StripeDownload(this, memory, plan, sources);
    }

    /// A source for an object without known sums, as it is now; empty when there is no object.
    public Mono<DownloadSource> source(String key) {
        return head(key).map(DownloadSource::unverified);
    }

    // ---- shared within the package ----

    Optional<ObjectVersions> past() {
        return Optional.ofNullable(past);
    }

    S3Calls calls() {
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

    DirectBodies bodies() {
        return bodies;
    }

    String absolute(String key) {
        return isForeign(key) ? key.substring(1) : config.prefix() + key;
    }

    /// @param asked the prefix of the request
    String relative(String asked, String key) {
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
            throw new IllegalArgumentException(key + " is another program's object, which Sluice never writes");
        }
    }

    static <T> Mono<T> absentAsEmpty(Mono<T> request) {
        return request.onErrorResume(S3Store::isNotFound, _ -> Mono.empty());
    }

    static boolean isNotFound(Throwable failure) {
        return failure instanceof S3Failure s3 && s3.kind() == FailureKind.OBJECT_ABSENT;
    }

    /// Blocks until connections are cut and threads have ended. Must not be called on one of those threads.
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
