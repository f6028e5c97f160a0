package dev.sluice.s3;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// What an object is to be like in the bucket, beyond its bytes. What is null or empty is left to the bucket.
///
/// @param storageClass S3's name of it, such as `STANDARD_IA` or `GLACIER_IR`
/// @param encryption   on the server's side
/// @param tags         key-value pairs, at most 10
/// @param lock         Object Lock, in a bucket that has it
/// @param metadata     what the object says of itself, by names without `x-amz-meta-`; ASCII, below 2 KB in all
public record ObjectOptions(
        @Nullable String storageClass,
        @Nullable Encryption encryption,
        Map<String, String> tags,
        @Nullable Lock lock,
        Map<String, String> metadata) {

    /// Everything as the bucket has it.
    public static final ObjectOptions NONE = new ObjectOptions(null, null, Map.of(), null);

    /// S3 takes no more tags for one object.
    private static final int MAX_TAGS = 10;

    /// S3 takes no more of names and values together.
    private static final int MAX_METADATA = 2_048;

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]+");
    private static final Pattern VALUE = Pattern.compile("[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?");

    /// Without metadata.
    public ObjectOptions(
            @Nullable String storageClass,
            @Nullable Encryption encryption,
            Map<String, String> tags,
            @Nullable Lock lock) {
        this(storageClass, encryption, tags, lock, Map.of());
    }

    public ObjectOptions {
        int said = 0;
        for (Map.Entry<String, String> one : metadata.entrySet()) {
            // Anything else travels differently through each server and proxy.
            if (!NAME.matcher(one.getKey()).matches()
                    || !VALUE.matcher(one.getValue()).matches()) {
                throw new IllegalArgumentException(
                        "Metadata is printable ASCII, got %s = '%s'".formatted(one.getKey(), one.getValue()));
            }
            said += one.getKey().length() + one.getValue().length();
        }
        if (said > MAX_METADATA) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "S3 takes up to %d bytes of metadata, got %d", MAX_METADATA, said));
        }
        metadata = Map.copyOf(metadata);
        if (tags.size() > MAX_TAGS) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "S3 takes up to %d tags, got %d", MAX_TAGS, tags.size()));
        }
        tags = Map.copyOf(tags);
    }

    /// Who holds the key.
    public sealed interface Encryption {
        /// S3 itself (SSE-S3).
        record S3Managed() implements Encryption {}

        /// KMS (SSE-KMS).
        ///
        /// @param key       id, ARN or alias; null for the account's key for S3
        /// @param bucketKey whether S3 may derive keys for a while instead of asking KMS for each object
        record Kms(@Nullable String key, boolean bucketKey) implements Encryption {}
    }

    /// How a lock may be lifted.
    public enum LockMode {
        /// By those with a special permission.
        GOVERNANCE,
        /// By nobody.
        COMPLIANCE
    }

    /// @param retainUntil when the lock ends, by the server's clock
    public record Lock(LockMode mode, Instant retainUntil) {}

    /// The same with other metadata.
    public ObjectOptions withMetadata(Map<String, String> other) {
        return new ObjectOptions(storageClass, encryption, tags, lock, other);
    }

    /// Asks for all of it. Of a multipart upload only the creation can: parts and completion inherit.
    void applyTo(CreateMultipartUploadRequest.Builder request) {
        request.storageClass(storageClass)
                .serverSideEncryption(algorithm())
                .ssekmsKeyId(kmsKey())
                .bucketKeyEnabled(bucketKey())
                .tagging(tagging())
                .metadata(metadata);
        if (lock != null) {
            request.objectLockMode(lock.mode.name()).objectLockRetainUntilDate(lock.retainUntil);
        }
    }

    /// Asks for all of it.
    void applyTo(PutObjectRequest.Builder request) {
        request.storageClass(storageClass)
                .serverSideEncryption(algorithm())
                .ssekmsKeyId(kmsKey())
                .bucketKeyEnabled(bucketKey())
                .tagging(tagging())
                .metadata(metadata);
        if (lock != null) {
            request.objectLockMode(lock.mode.name()).objectLockRetainUntilDate(lock.retainUntil);
        }
    }

    private @Nullable String algorithm() {
        return switch (encryption) {
            case null -> null;
            case Encryption.S3Managed() -> "AES256";
            case Encryption.Kms _ -> "aws:kms";
        };
    }

    private @Nullable String kmsKey() {
        return encryption instanceof Encryption.Kms kms ? kms.key() : null;
    }

    private @Nullable Boolean bucketKey() {
        return (encryption instanceof Encryption.Kms kms && kms.bucketKey()) ? true : null;
    }

    private @Nullable String tagging() {
        return tags.isEmpty()
                ? null
                : new TreeMap<>(tags)
                        .entrySet().stream()
                                .map(tag -> encoded(tag.getKey()) + "=" + encoded(tag.getValue()))
                                .collect(Collectors.joining("&"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
