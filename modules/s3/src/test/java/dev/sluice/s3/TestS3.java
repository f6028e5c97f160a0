package dev.sluice.s3;

import dev.sluice.simulator.s3.EmbeddedS3;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/// The S3 server that all tests of this module share, and stores on it, each under a prefix of its own.
public final class TestS3 {
    /// No test waits longer for anything.
    public static final Duration PROMPTLY = Duration.ofSeconds(20);

    /// Short enough that a test sees several attempts fail.
    static final RetryPolicy IMPATIENT =
            new RetryPolicy(4, Duration.ofMillis(10), Duration.ofMillis(100), Duration.ofSeconds(10));

    static final StoreConfig.Limits LIMITS =
            new StoreConfig.Limits(6, 6, Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(15));

    private static final AtomicInteger PREFIXES = new AtomicInteger();
    private static final EmbeddedS3 SERVER = start();

    private TestS3() {}

    private static EmbeddedS3 start() {
        return start(EmbeddedS3.Manner.USUAL);
    }

    /// A server of its own, until the tests end.
    static EmbeddedS3 start(EmbeddedS3.Manner manner) {
        try {
            Path directory = Files.createTempDirectory("sluice-s3-test");
            EmbeddedS3 server = EmbeddedS3.start(directory, "backups", manner);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                server.close();
                delete(directory);
            }));
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Puts an object into the bucket behind the server's back, which is quicker than asking it.
    static void place(String key, byte[] bytes) {
        Path file = SERVER.directory().resolve(SERVER.bucket()).resolve(key);
        try {
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static StoreConfig config() {
        return config(SERVER, SERVER.endpoint());
    }

    static StoreConfig config(URI endpoint) {
        return config(SERVER, endpoint);
    }

    static StoreConfig config(EmbeddedS3 server, URI endpoint) {
        return new StoreConfig(
                endpoint,
                server.region(),
                server.bucket(),
                "t" + PREFIXES.incrementAndGet() + "/",
                true,
                new StoreConfig.Credentials(server.accessKeyId(), server.secretAccessKey(), null),
                ProviderProfile.AWS,
                LIMITS,
                IMPATIENT);
    }

    static URI endpoint() {
        return SERVER.endpoint();
    }

    /// The same store, with time limits longer than any test takes.
    static StoreConfig enduring(StoreConfig other) {
        return patient(other).with(ProviderProfile.AWS);
    }

    /// The same, with the profile unchanged.
    static StoreConfig patient(StoreConfig other) {
        Duration forEver = PROMPTLY.multipliedBy(10);
        return new StoreConfig(
                other.endpoint(),
                other.region(),
                other.bucket(),
                other.prefix(),
                true,
                other.credentials(),
                other.profile(),
                new StoreConfig.Limits(6, 6, forEver, forEver, forEver),
                IMPATIENT,
                other.network());
    }

    /// The same store, without the proxy or relay in front of it.
    static S3Store direct(StoreConfig other) {
        return S3Store.open(new StoreConfig(
                SERVER.endpoint(),
                other.region(),
                other.bucket(),
                other.prefix(),
                true,
                other.credentials(),
                ProviderProfile.AWS,
                LIMITS,
                IMPATIENT));
    }

    public static S3Store store() {
        return S3Store.open(config());
    }

    /// The value that `mono` emits, within bounded time.
    public static <T> T await(Mono<T> mono) {
        return mono.blockOptional(PROMPTLY).orElseThrow();
    }

    static byte[] random(int size, long seed) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
