package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Makes every request to the store: with a permit, with a time limit, with retries where they may help, and with
/// [S3Failure] as the only error.
final class S3Calls {
    private static final int PRECONDITION_FAILED = 412;
    private static final Logger log = LoggerFactory.getLogger(S3Calls.class);

    private final StoreConfig config;
    private final @Nullable ForwardProxy proxy;
    private final ServerClock clock;
    private final RequestPermits transfers;
    private final RequestPermits others;
    private final LongAdder requests = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder refusals = new LongAdder();
    private final AtomicBoolean clockTold = new AtomicBoolean();
    private volatile boolean integrityWanted;

    S3Calls(StoreConfig config, ProxyRoute route, ServerClock clock) {
        this.clock = clock;
        this.config = config;
        this.proxy = route.proxy();
        this.transfers = new RequestPermits(config.limits().transfers());
        this.others = new RequestPermits(config.limits().calls());
    }

    Target target(String operation, String detail, String key) {
        String endpoint = config.endpoint() == null
                ? "Amazon S3 in " + config.region()
                : config.endpoint().toString();
        return new Target(
                operation,
                detail,
                endpoint,
                proxy,
                config.region(),
                clock.difference(),
                config.bucket(),
                key.startsWith("/") ? key.substring(1) : config.prefix() + key);
    }

    /// Whether the server has refused bytes without a checksum, although the profile says that it accepts them.
    boolean integrityWanted() {
        return integrityWanted;
    }

    /// Logs that a request is about to be retried, in one line: a stack trace in our code or Netty's would not
    /// help the reader.
    void retrying(Throwable failure) {
        retries.increment();
        log.atWarn()
                .addKeyValue("problem", failure.getMessage())
                .log("a request to the bucket has failed and is made again");
    }

    /// All attempts, since the beginning.
    long requests() {
        return requests.sum();
    }

    /// Attempts beyond each request's first, since the beginning.
    long retries() {
        return retries.sum();
    }

    /// Responses that refused the object, upload or prefix of the request, since the beginning. An unmet condition
    /// does not count.
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
        return attempt(target, Mono.fromFuture(request));
    }

    /// The same, for a request that is a `Mono`: it keeps its permit until the `Mono` ends.
    <T> Mono<T> attempt(Target target, Mono<T> request) {
        return others.with(limited(target, request));
    }

    /// A request that carries backup bytes, tried once.
    <T> Mono<T> transfer(Target target, Mono<T> request) {
        return transfers.with(limited(target, request));
    }

    /// A request that sends backup bytes, tried until it succeeds or the policy ends.
    ///
    /// It keeps its permit between attempts: otherwise it would spend the policy's time in the queue instead of
    /// trying, and an overloaded store gets fewer requests this way.
    <T> Mono<T> upload(Target target, Mono<T> request) {
        return transfers.with(retrying(target, limited(target, request)));
    }

    <T> Mono<T> retrying(Target target, Mono<T> attempt) {
        return attempt(target, attempt, 1, Long.MIN_VALUE);
    }

    private <T> Mono<T> limited(Target target, Mono<T> request) {
        Mono<T> attempt = request.doOnSubscribe(_ -> requests.increment())
                .timeout(config.limits().attempt())
                .onErrorMap(e -> S3Failure.translate(target, e))
                .doOnError(S3Failure.class, this::count);
        return attempt.onErrorResume(S3Failure.class, failure -> {
            if (!learnt(failure)) {
                return Mono.error(failure);
            }
            retries.increment();
            return attempt;
        });
    }

    private void count(S3Failure failure) {
        if (failure.kind() == FailureKind.OBJECT_REFUSED && failure.status() != PRECONDITION_FAILED) {
            refusals.increment();
        }
    }

    /// Whether the refusal says how to make the request succeed. Then the request is made once more, at once; a
    /// second refusal is an ordinary failure.
    private boolean learnt(S3Failure failure) {
        if (failure.wantsIntegrity()) {
            integrityWanted = true;
            return true;
        }
        Optional<Duration> correction = failure.clockCorrection();
        correction.ifPresent(clock::set);
        correction
                .filter(_ -> clockTold.compareAndSet(false, true))
                .ifPresent(
                        difference -> log.atWarn()
                                .addKeyValue("off", ServerHints.inWords(difference.negated()))
                                .log(
                                        "this machine's clock is wrong; Sluice signs requests to the bucket with the server's time"));
        return correction.isPresent();
    }

    /// @param failing when the first attempt failed, by [System#nanoTime()]; without meaning for the first attempt
    private <T> Mono<T> attempt(Target target, Mono<T> attempt, int number, long failing) {
        return attempt.onErrorResume(S3Failure.class, failure -> {
            long since = number == 1 ? System.nanoTime() : failing;
            Duration pause = policy().pauseAfter(number);
            if (!failure.retryable() || policy().isOver(number, since, pause)) {
                return Mono.error(failure.after(number, target));
            }
            retrying(failure);
            return Mono.delay(pause).then(attempt(target, attempt, number + 1, since));
        });
    }
}
