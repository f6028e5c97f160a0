package dev.sluice.benchmarks;

import dev.sluice.s3.Admission;
import dev.sluice.s3.DownloadPlan;
import dev.sluice.s3.DownloadSource;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.PartPlan;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.s3.StoredSegment;
import dev.sluice.s3.StripeDownload;
import dev.sluice.s3.StripeUpload;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import reactor.core.publisher.Mono;

/// What Sluice asks of an S3 server, tried on one, as a row of `docs/s3-compatibility.md` each.
///
/// Run: `benchmarks/compatibility ENDPOINT BUCKET ACCESS_KEY SECRET_KEY PROFILE`. Writes under `compatibility-…/` in
/// the bucket and deletes it again.
public final class Compatibility {
    private static final int MIB = 1 << 20;
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final PartPlan PLAN = new PartPlan(5 * MIB, 2, MIB, MIB);

    private final S3Store store;
    private final byte[] bytes = new byte[13 * MIB + 77];

    private Compatibility(S3Store store) {
        this.store = store;
        new Random(1).nextBytes(bytes);
    }

    /// @param args see the class
    public static void main(String[] args) throws Exception {
        StoreConfig config = new StoreConfig(
                URI.create(args[0]),
                "us-east-1",
                args[1],
                "compatibility-" + System.nanoTime() + "/",
                true,
                new StoreConfig.Credentials(args[2], args[3], null),
                ProviderProfile.named(args[4]),
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(3, Duration.ofMillis(50), Duration.ofMillis(200), Duration.ofSeconds(20)));
        try (S3Store store = S3Store.open(config)) {
            new Compatibility(store).run();
        }
        System.exit(0);
    }

    private void run() {
        System.out.println("| Check | Result |\n|---|---|");
        check("HeadBucket, server's time, recognised as", () -> {
            store.check().block(LIMIT);
            return String.valueOf(store.recognise().block(LIMIT));
        });
        check("small object put, read, deleted", () -> {
            store.put("small", new byte[] {1, 2}).block(LIMIT);
            require(Arrays.equals(store.get("small").block(LIMIT), new byte[] {1, 2}));
            store.delete("small").block(LIMIT);
            return said(store.head("small").blockOptional(LIMIT).isEmpty());
        });
        check("put-if-absent overwrites nothing", () -> {
            require(Boolean.TRUE.equals(
                    store.putIfAbsent("once", new byte[] {1}).block(LIMIT)));
            boolean second = Boolean.TRUE.equals(
                    store.putIfAbsent("once", new byte[] {2}).block(LIMIT));
            return said(!second);
        });
        List<StoredSegment> segments = new ArrayList<>();
        check("multipart upload with sums, rolling to a second segment", () -> {
            segments.addAll(upload("stripe", ObjectOptions.NONE));
            return said(segments.size() == 2);
        });
        check("ranged download, every block checked", () -> said(Arrays.equals(download(segments), bytes)));
        check("restore of an object without a catalog entry", () -> {
            DownloadSource plain = store.source("stripe.1").blockOptional(LIMIT).orElseThrow();
            return said(Arrays.equals(read(List.of(plain)), Arrays.copyOf(bytes, 10 * MIB)));
        });
        check("segments joined by UploadPartCopy", () -> {
            StoredSegment whole =
                    store.join(segments, "whole", ObjectOptions.NONE).block(LIMIT);
            return said(whole != null && Arrays.equals(download(List.of(whole)), bytes));
        });
        check("aborted upload leaves nothing", () -> {
            try (MemoryBudget budget = MemoryBudget.of(32L * MIB)) {
                Admission admission = budget.admit(1, PLAN.memoryPerStripe())
                        .blockOptional(LIMIT)
                        .orElseThrow();
                StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "aborted." + n);
                write(upload);
                upload.abort().block(LIMIT);
                admission.close();
            }
            return said(Boolean.TRUE.equals(
                    store.uploads("").hasElements().map(some -> !some).block(LIMIT)));
        });
        check(
                "SSE-S3",
                () -> said(!upload(
                                "sse",
                                new ObjectOptions(null, new ObjectOptions.Encryption.S3Managed(), Map.of(), null))
                        .isEmpty()));
        check(
                "tags",
                () -> said(!upload("tags", new ObjectOptions(null, null, Map.of("kind", "full"), null))
                        .isEmpty()));
        check(
                "storage class STANDARD_IA",
                () -> said(!upload("class", new ObjectOptions("STANDARD_IA", null, Map.of(), null))
                        .isEmpty()));
        check("list in pages", () -> {
            for (int i = 0; i < 3; i++) {
                store.put("list/" + i, "x".getBytes(StandardCharsets.US_ASCII)).block(LIMIT);
            }
            return said(List.of("list/0", "list/1", "list/2")
                    .equals(store.list("list/")
                            .map(ObjectInfo::key)
                            .collectList()
                            .block(LIMIT)));
        });
        store.list("").map(ObjectInfo::key).collectList().flatMap(store::delete).block(LIMIT);
    }

    private static void check(String what, Callable<String> body) {
        String result;
        try {
            result = body.call();
        } catch (Exception e) {
            result = "no: " + String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        }
        System.out.println("| " + what + " | " + result + " |");
    }

    private static String said(boolean right) {
        return right ? "yes" : "**no**";
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new IllegalStateException("not what was expected");
        }
    }

    private List<StoredSegment> upload(String name, ObjectOptions options) {
        try (MemoryBudget budget = MemoryBudget.of(32L * MIB);
                Admission admission = budget.admit(1, PLAN.memoryPerStripe())
                        .blockOptional(LIMIT)
                        .orElseThrow()) {
            StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> name + "." + n, options);
            try {
                write(upload);
                return upload.flush().blockOptional(LIMIT).orElseThrow();
            } catch (RuntimeException e) {
                upload.abort().onErrorResume(_ -> Mono.empty()).block(LIMIT);
                throw e;
            }
        }
    }

    private void write(StripeUpload upload) {
        for (int at = 0; at < bytes.length; at += MIB) {
            int count = Math.min(MIB, bytes.length - at);
            upload.reserve(count).block(LIMIT);
            upload.write(MemorySegment.ofArray(bytes).asSlice(at, count));
        }
    }

    private byte[] download(List<StoredSegment> segments) {
        return read(segments.stream().map(DownloadSource::of).toList());
    }

    private byte[] read(List<DownloadSource> sources) {
        DownloadPlan plan = new DownloadPlan(MIB, MIB, 2);
        byte[] all = new byte
                [Math.toIntExact(
                        sources.stream().mapToLong(DownloadSource::bytes).sum())];
        try (MemoryBudget budget = MemoryBudget.of(32L * MIB);
                Admission admission = budget.admit(1, plan.memoryPerStripe())
                        .blockOptional(LIMIT)
                        .orElseThrow();
                StripeDownload download = store.download(admission.stripe(0), plan, sources)) {
            for (int at = 0; at < all.length; ) {
                int count = download.await(MIB).blockOptional(LIMIT).orElseThrow();
                at += download.read(MemorySegment.ofArray(all).asSlice(at, count));
            }
        }
        return all;
    }
}
