package dev.sluice.s3;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.model.DefaultRetention;
import software.amazon.awssdk.services.s3.model.GetBucketVersioningResponse;
import software.amazon.awssdk.services.s3.model.ObjectLockConfiguration;
import software.amazon.awssdk.services.s3.model.ObjectLockEnabled;

/// The settings of a bucket that decide what a deletion does there. Reading them changes nothing.
///
/// No backup needs them, so Sluice's own credentials need not have the rights `s3:GetBucketVersioning` and
/// `s3:GetBucketObjectLockConfiguration`.
public final class BucketSettings {

    /// S3's error code for a bucket that was made without Object Lock.
    private static final String WITHOUT_LOCK = "ObjectLockConfigurationNotFoundError";

    private BucketSettings() {}

    /// Whether the bucket keeps older versions of its objects.
    public enum Versioning {
        ENABLED,
        /// Older versions stay, and no new ones are made.
        SUSPENDED,
        /// The bucket never had versions.
        OFF
    }

    /// Whether objects can be locked.
    ///
    /// @param available     whether the bucket was made with Object Lock
    /// @param lockedByItself the bucket's own rule for objects that ask for no lock, such as `COMPLIANCE for
    ///                       30 days`; null for none
    public record Lock(boolean available, @Nullable String lockedByItself) {}

    /// **Errors:** [S3Failure].
    public static Mono<Versioning> versioning(S3Store store) {
        return store.calls()
                .call(
                        store.calls().target("GetBucketVersioning", "", ""),
                        () -> store.client()
                                .getBucketVersioning(
                                        request -> request.bucket(store.config().bucket())))
                .mapNotNull(GetBucketVersioningResponse::statusAsString)
                .map(status -> status.equals("Enabled") ? Versioning.ENABLED : Versioning.SUSPENDED)
                .defaultIfEmpty(Versioning.OFF);
    }

    /// **Errors:** [S3Failure].
    public static Mono<Lock> lock(S3Store store) {
        return store.calls()
                .call(
                        store.calls().target("GetObjectLockConfiguration", "", ""),
                        () -> store.client()
                                .getObjectLockConfiguration(
                                        request -> request.bucket(store.config().bucket())))
                .map(answer -> lock(answer.objectLockConfiguration()))
                .onErrorResume(
                        failure -> failure instanceof S3Failure s3 && s3.code().equals(WITHOUT_LOCK),
                        _ -> Mono.just(new Lock(false, null)));
    }

    private static Lock lock(@Nullable ObjectLockConfiguration configuration) {
        if (configuration == null || configuration.objectLockEnabled() != ObjectLockEnabled.ENABLED) {
            return new Lock(false, null);
        }
        return new Lock(
                true,
                Optional.ofNullable(configuration.rule())
                        .flatMap(rule -> Optional.ofNullable(rule.defaultRetention()))
                        .map(BucketSettings::inWords)
                        .orElse(null));
    }

    private static String inWords(DefaultRetention retention) {
        return retention.days() != null
                ? "%s for %s days".formatted(retention.modeAsString(), retention.days())
                : "%s for %s years".formatted(retention.modeAsString(), retention.years());
    }
}
