package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/// How every request to the store is made: with a permit, with a time limit, again if that may help, and with one
/// kind of error at the end.
final class Calls {
    private static final int PRECONDITION_FAILED = 412;

    private final StoreConfig config;
    private final Permits transfers;
    private final Permits others;
    private final LongAdder requests = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder refusals = new LongAdder();

    Calls(StoreConfig config) {
        this.config = config;
        this.transfers = new Permits(config.limits().transfers());
        this.others = new Permits(config.limits().calls());
    }

    Target target(String operation, String detail, String key) {
        String endpoint = config.endpoint() == null
                ? "Amazon S3 in " + config.region()
                : config.endpoint().toString();
        return new Target(operation, detail, endpoint, config.bucket(), config.prefix() + key);
    }

    /// Another attempt is about to be made.
    void retrying() {
        retries.increment();
    }

    /// All attempts, since the beginning.
    long requests() {
        return requests.sum();
    }

    /// Attempts beyond each request's first, since the beginning.
    long retries() {
        return retries.sum();
    }

    /// Answers that refused what the request named, since the beginning. That a condition was not met is none.
    long refusals() {
        return refusals.sum();
    }

    RetryPolicy policy() {
        return config.retries();
    }

    /// A small request, tried until it succeeds or the policy ends.
    <T> Mono<T> call(Target target, Supplier<CompletableFuture<T>> request) {
        return retrying(target, once(target, request));
    }

    /// A small request, tried once.
    <T> Mono<T> once(Target target, Supplier<CompletableFuture<T>> request) {
        return others.with(limited(target, Mono.fromFuture(request)));
    }

    /// A request that carries backup bytes, tried once.
    <T> Mono<T> transfer(Target target, Mono<T> request) {
        return transfers.with(limited(target, request));
    }

    /// A request that sends backup bytes, tried until it succeeds or the policy ends.
    ///
    /// It keeps its permit between attempts: behind all others in the queue it would spend the policy's time
    /// without having tried, and a store that is overloaded gets fewer requests this way.
    <T> Mono<T> upload(Target target, Mono<T> request) {
        return transfers.with(retrying(target, limited(target, request)));
    }

    <T> Mono<T> retrying(Target target, Mono<T> attempt) {
        return attempt(target, attempt, 1, Long.MIN_VALUE);
    }

    private <T> Mono<T> limited(Target target, Mono<T> request) {
        return request.doOnSubscribe(_ -> requests.increment())
                .timeout(config.limits().attempt())
                .onErrorMap(e -> S3Failure.translate(target, e))
                .doOnError(S3Failure.class, this::counted);
    }

    /// Counts it, if it is a refusal.
    S3Failure counted(S3Failure failure) {
        if (failure.kind() == FailureKind.OBJECT_REFUSED && failure.status() != PRECONDITION_FAILED) {
            refusals.increment();
        }
        return failure;
    }

    /// @param failing since when, by [System#nanoTime()]; without meaning for the first attempt
    private <T> Mono<T> attempt(Target target, Mono<T> attempt, int number, long failing) {
        return attempt.onErrorResume(S3Failure.class, failure -> {
            long since = number == 1 ? System.nanoTime() : failing;
            Duration pause = policy().pauseAfter(number);
            if (!failure.retryable() || policy().isOver(number, since, pause)) {
                return Mono.error(failure.after(number, target));
            }
            retrying();
            return Mono.delay(pause).then(attempt(target, attempt, number + 1, since));
        });
    }
}
