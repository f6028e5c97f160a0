package dev.sluice.sidecar.init;

import dev.sluice.sidecar.init.IamPolicy.Need;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.LockedBucket;
import dev.sluice.testsupport.Reaction;
import dev.sluice.testsupport.Reaction.Answer;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// An embedded S3 behind a guard that answers as Amazon S3 does for an identity with one policy: each request
/// needs the rights that AWS's documentation says, and is answered with 403 when one is missing.
///
/// The guard answers some requests in the server's place: those for the bucket's lifecycle rules and for
/// objects' locks, which the embedded S3 does not know, and doctor's with a wrong sum, which the embedded S3
/// refuses before it has read it, as no proxy likes.
///
/// **Source:** AWS, "Required permissions for Amazon S3 API operations"; "AbortMultipartUpload" and others of
/// the API reference for the rights in KMS; "GetObject" for the 403 of an absent object. That S3 holds the
/// object's key against `s3:prefix` in that case is from Ceph's change 68577, which does it "to match aws
/// behavior".
final class GuardedBucket implements AutoCloseable {

    static final String KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    private final EmbeddedS3 s3;
    private final FaultyProxy proxy;
    private final LockedBucket locks;
    private final Set<String> encrypted = ConcurrentHashMap.newKeySet();
    private final List<Need> needed = new CopyOnWriteArrayList<>();
    private final List<String> denied = new CopyOnWriteArrayList<>();
    private volatile @Nullable IamPolicy policy;
    private volatile Predicate<String> broken = _ -> false;

    GuardedBucket(EmbeddedS3 s3) {
        this.s3 = s3;
        this.proxy = new FaultyProxy(s3.endpoint());
        this.locks = new LockedBucket(s3.bucket(), key -> Files.exists(file(key)), true);
        proxy.follow((request, _) -> react(request));
    }

    URI endpoint() {
        return proxy.endpoint();
    }

    /// Begins anew, with another policy.
    ///
    /// @param next null for one that allows everything
    void guardBy(@Nullable IamPolicy next) {
        policy = next;
        broken = _ -> false;
        needed.clear();
        denied.clear();
    }

    /// Refuses some requests besides, as a bucket does that has a bad day.
    ///
    /// @param operations by S3's name of the operation, a space, and the key
    void refuse(Predicate<String> operations) {
        broken = operations;
    }

    /// The rights that requests needed.
    List<Need> needed() {
        return List.copyOf(needed);
    }

    /// What was denied for want of a right: operation, space, key.
    List<String> denied() {
        return List.copyOf(denied);
    }

    @Override
    public void close() {
        proxy.close();
    }

    private Reaction react(FaultyProxy.Request made) {
        Asked asked = Asked.of(made, s3.bucket());
        if (broken.test(asked.name())) {
            return Answer.error(403, "AccessDenied");
        }
        List<Need> needs = needs(asked);
        IamPolicy rights = policy;
        needed.addAll(needs);
        if (rights != null && !needs.stream().allMatch(rights::allows)) {
            denied.add(asked.name());
            return Answer.error(403, "AccessDenied");
        }
        boolean reads = asked.operation.equals("GetObject") || asked.operation.equals("HeadObject");
        if (rights != null && reads && !Files.exists(file(asked.key))) {
            Need list = new Need("s3:ListBucket", bucket(), asked.key);
            needed.add(list);
            if (!rights.allows(list)) {
                denied.add(asked.name());
                return Answer.error(403, "AccessDenied");
            }
        }
        if (asked.operation.equals("PutObject") && asked.key.endsWith(".sum")) {
            return Answer.error(400, "BadDigest");
        }
        return asked.operation.equals("GetBucketLifecycleConfiguration")
                ? Answer.xml(
                        200,
                        "<LifecycleConfiguration><Rule><ID>uploads</ID><Status>Enabled</Status><Filter/>"
                                + "<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation>"
                                + "</AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>")
                : locks.decide(made, 1);
    }

    private Path file(String key) {
        return s3.directory().resolve(s3.bucket()).resolve(key);
    }

    private String bucket() {
        return "arn:aws:s3:::" + s3.bucket();
    }

    private List<Need> needs(Asked asked) {
        String object = bucket() + "/" + asked.key;
        List<Need> needs = new ArrayList<>();
        switch (asked.operation) {
            case "HeadBucket" -> needs.add(new Need("s3:ListBucket", bucket(), null));
            case "ListObjectsV2" -> needs.add(new Need("s3:ListBucket", bucket(), asked.query.get("prefix")));
            case "ListObjectVersions" ->
                needs.add(new Need("s3:ListBucketVersions", bucket(), asked.query.get("prefix")));
            case "ListMultipartUploads" -> needs.add(new Need("s3:ListBucketMultipartUploads", bucket(), null));
            case "GetBucketLifecycleConfiguration" ->
                needs.add(new Need("s3:GetLifecycleConfiguration", bucket(), null));
            case "GetBucketVersioning" -> needs.add(new Need("s3:GetBucketVersioning", bucket(), null));
            case "GetObjectLockConfiguration" ->
                needs.add(new Need("s3:GetBucketObjectLockConfiguration", bucket(), null));
            case "GetObjectRetention", "PutObjectRetention", "GetObjectLegalHold", "PutObjectLegalHold" ->
                needs.add(new Need("s3:" + asked.operation, object, null));
            case "ListParts" -> needs.add(new Need("s3:ListMultipartUploadParts", object, null));
            case "AbortMultipartUpload" -> needs.add(new Need("s3:AbortMultipartUpload", object, null));
            case "DeleteObject" -> needs.add(new Need("s3:DeleteObject", object, null));
            case "DeleteObjectVersion" -> needs.add(new Need("s3:DeleteObjectVersion", object, null));
            case "GetObject", "HeadObject", "GetObjectVersion", "HeadObjectVersion" -> {
                needs.add(new Need(
                        asked.operation.endsWith("Version") ? "s3:GetObjectVersion" : "s3:GetObject", object, null));
                if (encrypted.contains(asked.key)) {
                    needs.add(new Need("kms:Decrypt", KEY, null));
                }
            }
            case "UploadPartCopy" -> {
                needs.add(new Need(
                        "s3:GetObject",
                        "arn:aws:s3:::" + asked.header("x-amz-copy-source").replaceFirst("^/", ""),
                        null));
                needs.add(new Need("s3:PutObject", object, null));
            }
            case "UploadPart", "CompleteMultipartUpload" -> {
                needs.add(new Need("s3:PutObject", object, null));
                if (encrypted.contains(asked.key)) {
                    needs.add(new Need("kms:Decrypt", KEY, null));
                }
            }
            case "PutObject", "CreateMultipartUpload" -> {
                needs.add(new Need("s3:PutObject", object, null));
                if (!asked.header("x-amz-object-lock-mode").isEmpty()) {
                    needs.add(new Need("s3:PutObjectRetention", object, null));
                }
                if (!asked.header("x-amz-tagging").isEmpty()) {
                    needs.add(new Need("s3:PutObjectTagging", object, null));
                }
                if (asked.header("x-amz-server-side-encryption").equals("aws:kms")) {
                    needs.add(new Need("kms:GenerateDataKey", KEY, null));
                    encrypted.add(asked.key);
                }
            }
            default -> throw new AssertionError("no right is known for " + asked.operation);
        }
        return needs;
    }

    /// A request as S3 calls it.
    private record Asked(String operation, String key, Map<String, String> query, String head) {

        static Asked of(FaultyProxy.Request made, String bucket) {
            String method = made.line().substring(0, made.line().indexOf(' '));
            URI target = URI.create(made.line().substring(made.line().indexOf(' ') + 1));
            Map<String, String> query = new LinkedHashMap<>();
            if (target.getRawQuery() != null) {
                for (String pair : target.getRawQuery().split("&", -1)) {
                    String[] parts = pair.split("=", 2);
                    query.put(parts[0], parts.length > 1 ? decoded(parts[1]) : "");
                }
            }
            String key = decoded(target.getRawPath()).replaceFirst("^/" + bucket + "/?", "");
            String lock = LockedBucket.operation(made);
            return new Asked(
                    key.isEmpty()
                            ? ofBucket(method, query)
                            : lock.isEmpty() ? ofObject(method, query, made.head()) : lock,
                    key,
                    query,
                    made.head());
        }

        private static String ofBucket(String method, Map<String, String> query) {
            if (method.equals("HEAD")) {
                return "HeadBucket";
            }
            Map<String, String> marks = Map.of(
                    "uploads", "ListMultipartUploads",
                    "lifecycle", "GetBucketLifecycleConfiguration",
                    "versioning", "GetBucketVersioning",
                    "versions", "ListObjectVersions",
                    "object-lock", "GetObjectLockConfiguration",
                    "list-type", "ListObjectsV2");
            return marks.entrySet().stream()
                    .filter(mark -> method.equals("GET") && query.containsKey(mark.getKey()))
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("unknown request to the bucket: " + method + " " + query));
        }

        private static String ofObject(String method, Map<String, String> query, String head) {
            boolean upload = query.containsKey("uploadId");
            boolean version = query.containsKey("versionId");
            return switch (method) {
                case "POST" -> upload ? "CompleteMultipartUpload" : "CreateMultipartUpload";
                case "PUT" ->
                    !upload
                            ? "PutObject"
                            : header(head, "x-amz-copy-source").isEmpty() ? "UploadPart" : "UploadPartCopy";
                case "DELETE" -> upload ? "AbortMultipartUpload" : version ? "DeleteObjectVersion" : "DeleteObject";
                case "GET" -> upload ? "ListParts" : version ? "GetObjectVersion" : "GetObject";
                case "HEAD" -> version ? "HeadObjectVersion" : "HeadObject";
                default -> throw new AssertionError("unknown method " + method);
            };
        }

        String name() {
            return operation + " " + key;
        }

        String header(String name) {
            return header(head, name);
        }

        private static String header(String head, String name) {
            return head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }

        private static String decoded(String text) {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        }
    }
}
