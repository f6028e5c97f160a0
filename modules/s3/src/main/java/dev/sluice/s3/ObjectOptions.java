package dev.sluice.s3;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;

/// What an object is to be like in the bucket, beyond its bytes. What is null or empty is left to the bucket.
///
/// @param storageClass S3's name of it, such as `STANDARD_IA` or `GLACIER_IR`
/// @param encryption   on the server's side
/// @param tags         key-value pairs, at most 10
/// @param lock         Object Lock, in a bucket that has it
public record ObjectOptions(
        @Nullable String storageClass,
        @Nullable Encryption encryption,
        Map<String, String> tags,
        @Nullable Lock lock) {

    /// Everything as the bucket has it.
    public static final ObjectOptions NONE = new ObjectOptions(null, null, Map.of(), null);

    /// S3 takes no more tags for one object.
    private static final int MAX_TAGS = 10;

    public ObjectOptions {
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

    /// Asks for all of it. Only the creation of an upload can: parts and completion inherit.
    void applyTo(CreateMultipartUploadRequest.Builder request) {
        if (storageClass != null) {
            request.storageClass(storageClass);
        }
        switch (encryption) {
            case null -> {}
            case Encryption.S3Managed() -> request.serverSideEncryption("AES256");
            case Encryption.Kms(String key, boolean bucketKey) ->
                request.serverSideEncryption("aws:kms").ssekmsKeyId(key).bucketKeyEnabled(bucketKey ? true : null);
        }
        if (!tags.isEmpty()) {
            request.tagging(new TreeMap<>(tags)
                    .entrySet().stream()
                            .map(tag -> encoded(tag.getKey()) + "=" + encoded(tag.getValue()))
                            .collect(Collectors.joining("&")));
        }
        if (lock != null) {
            request.objectLockMode(lock.mode.name()).objectLockRetainUntilDate(lock.retainUntil);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
