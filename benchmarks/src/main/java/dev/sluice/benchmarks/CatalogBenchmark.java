package dev.sluice.benchmarks;

import dev.sluice.benchmarks.nulls3.NullS3;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// A listing of 10,000 backups: ten requests, and their keys read.
///
/// Run: `benchmarks/run CatalogBenchmark -prof gc`
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--enable-native-access=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"
        })
public class CatalogBenchmark {
    private static final int BACKUPS = 10_000;
    private static final DateTimeFormatter UTC =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSSS'Z'", Locale.ROOT);

    private @Nullable NullS3 server;
    private @Nullable S3Store store;

    @Setup
    public void open() throws IOException {
        NullS3 started = NullS3.start(false, null, new char[0]);
        server = started;
        Instant begin = Instant.parse("2026-11-25T00:00:00Z");
        for (int i = 0; i < BACKUPS; i++) {
            started.place(
                    String.format(
                            Locale.ROOT,
                            "sql-prod-1/catalog/sales-0123456789abcdef/%s_L_%d_%d_%d_01KB0000000000000000000000.json",
                            UTC.format(begin.plusSeconds(60L * i).atOffset(ZoneOffset.UTC)),
                            i,
                            i + 1,
                            1 << 20),
                    1_500);
        }
        URI endpoint = started.http();
        store = S3Store.open(new StoreConfig(
                endpoint,
                "us-east-1",
                "bucket",
                "",
                true,
                new StoreConfig.Credentials("benchmark", "benchmark-secret", null),
                ProviderProfile.GENERIC,
                StoreConfig.Limits.DEFAULT,
                RetryPolicy.DEFAULT));
    }

    @Benchmark
    public long list() {
        Catalog catalog = new Catalog(Objects.requireNonNull(store), new Keys("sql-prod-1"));
        long found = Objects.requireNonNull(catalog.list().count().block());
        if (found != BACKUPS) {
            throw new IllegalStateException(String.format(Locale.ROOT, "%d backups instead of %d", found, BACKUPS));
        }
        return found;
    }

    @TearDown
    public void close() throws IOException {
        if (store != null) {
            store.close();
        }
        if (server != null) {
            server.close();
        }
    }
}
