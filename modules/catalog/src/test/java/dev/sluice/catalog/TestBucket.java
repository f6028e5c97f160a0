package dev.sluice.catalog;

import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.simulator.s3.EmbeddedS3;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/// The S3 server that all tests of this module share, and stores on it, each under a prefix of its own.
final class TestBucket {
    /// No test waits longer for anything.
    static final Duration PROMPTLY = Duration.ofSeconds(20);

    private static final AtomicInteger PREFIXES = new AtomicInteger();
    private static final EmbeddedS3 SERVER = start();

    private TestBucket() {}

    private static EmbeddedS3 start() {
        try {
            Path directory = Files.createTempDirectory("sluice-catalog-test");
            EmbeddedS3 server = EmbeddedS3.start(directory, "backups");
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

    /// A store under a prefix that no other has.
    static S3Store store() {
        return S3Store.open(new StoreConfig(
                SERVER.endpoint(),
                SERVER.region(),
                SERVER.bucket(),
                "t" + PREFIXES.incrementAndGet() + "/",
                true,
                new StoreConfig.Credentials(SERVER.accessKeyId(), SERVER.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                RetryPolicy.DEFAULT));
    }

    /// The value that `mono` emits, within bounded time.
    static <T> T await(Mono<T> mono) {
        return mono.blockOptional(PROMPTLY).orElseThrow();
    }
}
