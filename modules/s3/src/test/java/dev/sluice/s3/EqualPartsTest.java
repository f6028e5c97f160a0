package dev.sluice.s3;

import static dev.sluice.s3.TestS3.PROMPTLY;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.s3.StubS3.Answer;
import dev.sluice.s3.StubS3.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Four stripes in memory for little more than a part of each, to a server that refuses parts of unequal length at
/// completion, as Cloudflare R2 does.
///
/// `-Dsluice.long=true` runs it with 160 MiB, parts of 20 MiB, 96 MiB of memory, and 1.5 s for each part.
class EqualPartsTest {
    private static final int MIB = 1 << 20;
    private static final int STRIPES = 4;
    private static final boolean LONG = Boolean.getBoolean("sluice.long");
    private static final int PART = (LONG ? 20 : 8) * MIB;
    private static final int STRIPE = (LONG ? 40 : 21) * MIB;
    private static final Duration SLOW = Duration.ofMillis(LONG ? 1_500 : 0);
    private static final PartPlan PLAN = new PartPlan(PART, PartPlan.MAX_PARTS, 4 * MIB, MIB);

    private final StubS3 stub = new StubS3();
    private final Map<String, Map<String, Integer>> parts = new ConcurrentHashMap<>();
    private final CountDownLatch allStripesSend = new CountDownLatch(STRIPES);

    @AfterEach
    void close() {
        stub.close();
    }

    private @Nullable Answer answer(Request request) {
        String key = request.target().replaceAll("\\?.*", "");
        if (request.is("PUT", "partNumber")) {
            parts.computeIfAbsent(key, _ -> new ConcurrentHashMap<>())
                    .put(request.target().replaceAll(".*partNumber=(\\d+).*", "$1"), request.bytes());
            allStripesSend.countDown();
            holdUntilAllSend();
            LockSupport.parkNanos(SLOW.toNanos());
            return null;
        }
        if (request.is("POST", "uploadId")) {
            List<Integer> lengths = new ArrayList<>(new TreeMap<>(parts.get(key)).values());
            boolean equal =
                    lengths.subList(0, lengths.size() - 1).stream().distinct().count() <= 1
                            && lengths.getLast() <= lengths.getFirst();
            return equal
                    ? null
                    : new Answer(
                            400,
                            Map.of(),
                            "<Error><Code>InvalidPart</Code><Message>All non-trailing parts must have the same length."
                                    + "</Message></Error>");
        }
        return null;
    }

    /// A slow network: no memory comes back before every stripe has used up its share.
    private void holdUntilAllSend() {
        try {
            assertThat(allStripesSend.await(PROMPTLY.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// @return the failures of the stripes
    private Collection<S3Failure> upload(ProviderProfile profile, long memory) throws Exception {
        stub.follow(this::answer);
        PartPlan plan = PLAN.suiting(profile);
        MemoryBudget budget = MemoryBudget.of(memory);
        StoreConfig patient = TestS3.enduring(stub.config()).with(profile);
        try (S3Store store = S3Store.open(patient);
                Admission admission = await(budget.admit(STRIPES, plan.memoryPerStripe()));
                ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<S3Failure>> stripes = new ArrayList<>();
            for (int i = 0; i < STRIPES; i++) {
                int stripe = i;
                stripes.add(writers.submit(() -> {
                    StripeUpload upload = store.upload(admission.stripe(stripe), plan, n -> "s" + stripe + "." + n);
                    StripeUploadTest.write(upload, new byte[STRIPE], MIB);
                    try {
                        StripeUploadTest.flush(upload);
                        return null;
                    } catch (S3Failure e) {
                        upload.abort().block(PROMPTLY);
                        return e;
                    }
                }));
            }
            List<S3Failure> failures = new ArrayList<>();
            for (Future<S3Failure> stripe : stripes) {
                S3Failure failure = stripe.get(60, TimeUnit.SECONDS);
                if (failure != null) {
                    failures.add(failure);
                }
            }
            return failures;
        }
    }

    @Test
    void partsAreEqualInAnyMemoryWhereTheServerWantsThem() throws Exception {
        long least = STRIPES * PLAN.suiting(ProviderProfile.R2).memoryPerStripe();

        assertThat(upload(ProviderProfile.R2, least)).isEmpty();

        assertThat(least).isEqualTo(STRIPES * (PART + 1L * MIB));
        assertThat(parts.values())
                .hasSize(STRIPES)
                .allSatisfy(lengths -> assertThat(new TreeMap<>(lengths).values())
                        .startsWith(PART, PART)
                        .satisfies(all -> assertThat(
                                        all.stream().mapToLong(length -> length).sum())
                                .isEqualTo(STRIPE)));
    }

    @Test
    void otherProfilesCutPartsEarlyAndTheRefusalNamesTheRemedy() throws Exception {
        Collection<S3Failure> failures =
                upload(ProviderProfile.GENERIC, LONG ? 96L * MIB : STRIPES * PLAN.memoryPerStripe() + 4 * MIB);

        assertThat(failures)
                .isNotEmpty()
                .allSatisfy(failure -> assertThat(failure.remedy())
                        .hasValueSatisfying(remedy -> assertThat(remedy).contains("store.profile to r2")));
    }
}
