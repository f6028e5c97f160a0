package dev.sluice.s3;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.model.ObjectLockLegalHold;
import software.amazon.awssdk.services.s3.model.ObjectLockLegalHoldStatus;
import software.amazon.awssdk.services.s3.model.ObjectLockRetention;

/// Object Lock of objects that are there already, in their current versions.
///
/// No backup needs these requests. They need the rights `s3:GetObjectRetention`, `s3:GetObjectLegalHold`,
/// `s3:PutObjectRetention` and `s3:PutObjectLegalHold`.
///
/// **Errors:** [S3Failure] from each method: `NoSuchKey` for an object that is gone, `InvalidRequest` for a
/// bucket that was made without Object Lock, and what the server says that has no Object Lock at all (but
/// neither when a lock is only read).
///
/// **Threading:** safe for any thread.
public final class ObjectLocks {

    /// S3's error codes for an object without a lock, and for a bucket that has no locks.
    private static final Set<String> NO_LOCK = Set.of("NoSuchObjectLockConfiguration", "InvalidRequest");

    private final S3Store store;

    public ObjectLocks(S3Store store) {
        this.store = store;
    }

    /// The retention of an object; empty when it has none.
    public Mono<Optional<ObjectOptions.Lock>> retention(String key) {
        return store.calls()
                .call(
                        store.calls().target("GetObjectRetention", "", key),
                        () -> store.client()
                                .getObjectRetention(request ->
                                        request.bucket(store.config().bucket()).key(store.absolute(key))))
                .map(answer -> lock(answer.retention()))
                .onErrorResume(ObjectLocks::hasNone, _ -> Mono.just(Optional.empty()));
    }

    private static Optional<ObjectOptions.Lock> lock(@Nullable ObjectLockRetention retention) {
        if (retention == null || retention.retainUntilDate() == null) {
            return Optional.empty();
        }
        return Optional.of(new ObjectOptions.Lock(
                ObjectOptions.LockMode.valueOf(retention.modeAsString()), retention.retainUntilDate()));
    }

    /// Whether an object is under legal hold.
    public Mono<Boolean> legalHold(String key) {
        return store.calls()
                .call(
                        store.calls().target("GetObjectLegalHold", "", key),
                        () -> store.client()
                                .getObjectLegalHold(request ->
                                        request.bucket(store.config().bucket()).key(store.absolute(key))))
                .map(answer ->
                        answer.legalHold() != null && answer.legalHold().status() == ObjectLockLegalHoldStatus.ON)
                .onErrorResume(ObjectLocks::hasNone, _ -> Mono.just(false));
    }

    private static boolean hasNone(Throwable failure) {
        return failure instanceof S3Failure s3 && (NO_LOCK.contains(s3.code()) || s3.notImplemented());
    }

    /// Locks an object until this instant, unless it is locked as long already. A lock in force keeps its mode,
    /// and is never shortened.
    ///
    /// @param mode of an object that has no lock, or one that has ended
    /// @return whether anything was changed
    public Mono<Boolean> retain(String key, ObjectOptions.LockMode mode, Instant until) {
        return retention(key).flatMap(now -> {
            if (now.filter(lock -> !lock.retainUntil().isBefore(until)).isPresent()) {
                return Mono.just(false);
            }
            String kept = now.filter(lock -> lock.retainUntil().isAfter(Instant.now()))
                    .map(ObjectOptions.Lock::mode)
                    .orElse(mode)
                    .name();
            return store.calls()
                    .call(
                            store.calls().target("PutObjectRetention", "", key),
                            () -> store.client()
                                    .putObjectRetention(request -> request.bucket(
                                                    store.config().bucket())
                                            .key(store.absolute(key))
                                            .retention(retention ->
                                                    retention.mode(kept).retainUntilDate(until))))
                    .thenReturn(true);
        });
    }

    /// Puts an object under legal hold, or ends its legal hold.
    public Mono<Void> putLegalHold(String key, boolean on) {
        return store.calls()
                .call(
                        store.calls().target("PutObjectLegalHold", "", key),
                        () -> store.client()
                                .putObjectLegalHold(
                                        request -> request.bucket(store.config().bucket())
                                                .key(store.absolute(key))
                                                .legalHold(ObjectLockLegalHold.builder()
                                                        .status(
                                                                on
                                                                        ? ObjectLockLegalHoldStatus.ON
                                                                        : ObjectLockLegalHoldStatus.OFF)
                                                        .build())))
                .then();
    }
}
