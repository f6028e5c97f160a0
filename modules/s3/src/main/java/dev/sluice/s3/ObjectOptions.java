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

/// The properties that an object is to have in the bucket. The bucket decides those that are null or empty.
///
/// @param storageClass S3's name of it, such as `STANDARD_IA` or `GLACIER_IR`
/// @param encryption   on the server's side
/// @param tags         key-value pairs, at most 10
/// @param lock         Object Lock, in a bucket that has it
/// @param metadata     the object's metadata, by names without `x-amz-meta-`; ASCII, below 2 KB in all
public record ObjectOptions(
        @Nullable String storageClass,
        @Nullable Encryption encryption,
        Map<String, String> tags,
        @Nullable Lock lock,
        Map<String, String> metadata) {

    /// All properties as the bucket decides.
    public static final ObjectOptions NONE = new ObjectOptions(null, null, Map.of(), null);

    /// S3's limit of tags for one object.
    private static final int MAX_TAGS = 10;

    /// S3's limit for the bytes of all names and values together.
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
            // Servers and proxies disagree on how to send other characters.
            if (!NAME.matcher(one.getKey()).matches()
                    || !VALUE.matcher(one.getValue()).matches()) {
                throw new IllegalArgumentException(
                        "Metadata must be printable ASCII, got %s = '%s'".formatted(one.getKey(), one.getValue()));
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

    /// The holder of the encryption key.
    public sealed interface Encryption {
        /// S3 itself (SSE-S3).
        record S3Managed() implements Encryption {}

        /// KMS (SSE-KMS).
        ///
        /// @param key       id, ARN or alias; null for the account's key for S3
        /// @param bucketKey whether S3 may derive keys for a while instead of asking KMS for each object
        record Kms(@Nullable String key, boolean bucketKey) implements Encryption {}
    }

    /// Who may remove a lock.
    public enum LockMode {
        /// Users with the permission s3:BypassGovernanceRetention.
        GOVERNANCE,
        /// No user, until the lock ends.
        COMPLIANCE
    }

    /// @param retainUntil when the lock ends, by the server's clock
    public record Lock(LockMode mode, Instant retainUntil) {}

    /// The same properties with other metadata.
    public ObjectOptions withMetadata(Map<String, String> other) {
        return new ObjectOptions(storageClass, encryption, tags, lock, other);
    }

    /// Requests the properties. In a multipart upload only the creation can; parts and completion inherit them.
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

    /// Requests the properties.
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
