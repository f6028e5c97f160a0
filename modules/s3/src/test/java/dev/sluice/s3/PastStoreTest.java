package dev.sluice.s3;

import static dev.sluice.s3.TestS3.PROMPTLY;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// A bucket with versions, whose server lists three of them a page, so that the versions of a key span pages.
class PastStoreTest {
    private static final Logger log = LoggerFactory.getLogger(PastStoreTest.class);
    private static final Pattern VERSION = Pattern.compile("versionId=([^&]+)");
    private static final int MIB = 1 << 20;

    private static EmbeddedS3 server;

    @TempDir
    Path directory;

    private FaultyProxy proxy;
    private StoreConfig config;
    private S3Store store;
    private final List<S3Store> opened = new ArrayList<>();

    /// One for all tests, each of which has a prefix of its own.
    @BeforeAll
    static void startServer(@TempDir Path directory) {
        server = EmbeddedS3.start(directory, "backups");
        server.makeVersions(true);
        server.listVersionsInPagesOf(3);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void open() {
        proxy = new FaultyProxy(server.endpoint());
        config = TestS3.config(server, proxy.endpoint());
        store = S3Store.open(config);
    }

    @AfterEach
    void close() {
        opened.forEach(S3Store::close);
        store.close();
        proxy.close();
    }

    private S3Store asOf(Instant instant) {
        S3Store past = S3Store.openAsOf(config, instant);
        opened.add(past);
        return past;
    }

    /// Ends the second: what was written before is of this instant or earlier, and what follows is later.
    private static Instant tick() {
        Instant end = Instant.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
        Awaitility.await()
                .pollInterval(Duration.ofMillis(5))
                .atMost(PROMPTLY)
                .until(() -> !Instant.now().isBefore(end));
        return end.minusMillis(1);
    }

    private void put(String key, String text) {
        store.put(key, text.getBytes(StandardCharsets.UTF_8)).block(PROMPTLY);
    }

    private static String text(S3Store from, String key) {
        return new String(await(from.get(key)), StandardCharsets.UTF_8);
    }

    private static List<String> keys(S3Store from, String prefix) {
        return await(from.list(prefix).map(ObjectInfo::key).collectList());
    }

    @Test
    void showsWhatWasRemovedAndOverwritten() {
        put("d/kept", "kept");
        put("d/overwritten", "first");
        put("d/removed", "removed");
        Instant then = tick();
        put("d/overwritten", "second, and longer");
        store.delete("d/removed").block(PROMPTLY);
        put("d/later", "later");

        S3Store past = asOf(then);

        assertThat(past.asOf()).contains(then);
        assertThat(keys(past, "d/")).containsExactly("d/kept", "d/overwritten", "d/removed");
        assertThat(text(past, "d/removed")).isEqualTo("removed");
        assertThat(text(past, "d/overwritten")).isEqualTo("first");
        assertThat(await(past.head("d/overwritten")).bytes()).isEqualTo(5);
        assertThat(past.get("d/later").blockOptional(PROMPTLY)).isEmpty();
        assertThat(past.head("d/later").blockOptional(PROMPTLY)).isEmpty();
        assertThat(await(past.directories("").collectList())).containsExactly("d");
        assertThat(keys(store, "d/")).containsExactly("d/kept", "d/later", "d/overwritten");
        assertThat(store.asOf()).isEmpty();
        assertThat(keys(asOf(then.minusSeconds(60)), "d/")).isEmpty();
    }

    /// What was written before the bucket had versions has the version id "null".
    @Test
    void readsWhatIsOlderThanTheVersionsOfTheBucket() throws Exception {
        try (EmbeddedS3 young = EmbeddedS3.start(directory, "backups");
                S3Store now = S3Store.open(TestS3.config(young, young.endpoint()))) {
            now.put("a", new byte[] {1}).block(PROMPTLY);
            now.put("b", new byte[] {2}).block(PROMPTLY);
            Instant then = tick();
            young.makeVersions(true);
            now.put("a", new byte[] {3}).block(PROMPTLY);
            now.delete("b").block(PROMPTLY);

            try (S3Store past = S3Store.openAsOf(now.config(), then)) {
                assertThat(keys(past, "")).containsExactly("a", "b");
                assertThat(await(past.get("a"))).containsExactly(1);
                assertThat(await(past.get("b"))).containsExactly(2);
                assertThat(await(PastObject.of(past, "a"))).isInstanceOf(PastObject.WithoutVersions.class);
            }
        }
    }

    @Test
    void tellsWhatTheVersionsOfAnObjectSayAboutTheInstant() {
        Instant before = tick();
        put("owner", "o");
        Instant then = tick();
        put("owner", "another");

        assertThat(await(PastObject.of(asOf(then), "owner"))).isEqualTo(new PastObject.There());
        assertThat(await(PastObject.of(asOf(before), "owner")))
                .isEqualTo(new PastObject.Absent(then.truncatedTo(ChronoUnit.SECONDS)));
        assertThat(await(PastObject.of(asOf(then), "never-there"))).isEqualTo(new PastObject.Absent(null));
    }

    @Test
    void readsAListedObjectWithoutAnotherListing() {
        put("d/a", "a");
        put("d/b", "b");
        Instant then = tick();
        put("d/a", "other");
        S3Store past = asOf(then);

        assertThat(keys(past, "d/")).containsExactly("d/a", "d/b");
        proxy.follow(FaultyProxy.Script.passing());
        text(past, "d/a");
        past.head("d/b").block(PROMPTLY);

        assertThat(proxy.requests())
                .hasSize(2)
                .allMatch(request -> request.line().contains("versionId="));
    }

    @Test
    void looksUpAnObjectThatWasNotListedByItsOwnKeyOnce() {
        put("d/a", "a");
        put("d/ab", "b");
        Instant then = tick();
        S3Store past = asOf(then);
        proxy.follow(FaultyProxy.Script.passing());

        assertThat(text(past, "d/a")).isEqualTo("a");
        assertThat(text(past, "d/a")).isEqualTo("a");
        assertThat(past.get("d/absent").blockOptional(PROMPTLY)).isEmpty();
        assertThat(past.get("d/absent").blockOptional(PROMPTLY)).isEmpty();

        assertThat(proxy.count("GET", "?versions")).isEqualTo(2);
        assertThat(proxy.count("GET", "versionId=")).isEqualTo(2);
        assertThat(proxy.requests()).hasSize(4);
    }

    @Test
    void readsEveryRangeOfADownloadFromTheVersionOfTheInstant() {
        byte[] first = TestS3.random(9 * MIB + 7, 1);
        store.put("stripe", first).block(PROMPTLY);
        Instant then = tick();
        store.put("stripe", TestS3.random(9 * MIB + 7, 2)).block(PROMPTLY);
        S3Store past = asOf(then);
        DownloadSource source = await(past.source("stripe"));
        proxy.follow(FaultyProxy.Script.passing());

        assertThat(download(past, source)).isEqualTo(first);

        List<String> versions = proxy.requests().stream()
                .map(request -> {
                    Matcher version = VERSION.matcher(request.line());
                    return version.find() ? version.group(1) : "none";
                })
                .distinct()
                .toList();
        assertThat(proxy.requests())
                .hasSizeGreaterThan(1)
                .allMatch(request -> request.line().startsWith("GET "));
        assertThat(versions).hasSize(1).doesNotContain("none");
    }

    private static byte[] download(S3Store from, DownloadSource source) {
        DownloadPlan plan = new DownloadPlan(2 * MIB, MIB, 3);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (MemoryBudget budget = MemoryBudget.of(20L * MIB);
                Admission admission = await(budget.admit(1, plan.memoryPerStripe()));
                StripeDownload download = from.download(admission.stripe(0), plan, List.of(source))) {
            byte[] piece = new byte[MIB];
            while (await(download.await(MIB)) > 0) {
                int count = download.read(MemorySegment.ofArray(piece));
                all.write(piece, 0, count);
            }
        }
        return all.toByteArray();
    }

    /// A lifecycle rule for noncurrent versions does so.
    @Test
    void takesAVersionThatIsGoneForAnAbsentObject() {
        put("a", "first");
        Instant then = tick();
        S3Store past = asOf(then);
        assertThat(keys(past, "")).containsExactly("a");
        String id = store.client()
                .listObjectVersions(request -> request.bucket("backups").prefix(store.absolute("a")))
                .join()
                .versions()
                .getFirst()
                .versionId();

        store.client()
                .deleteObject(request ->
                        request.bucket("backups").key(store.absolute("a")).versionId(id))
                .join();

        assertThat(past.get("a").blockOptional(PROMPTLY)).isEmpty();
        assertThat(past.head("a").blockOptional(PROMPTLY)).isEmpty();
    }

    @Test
    void writesNothing() {
        put("a", "a");
        Instant then = tick();
        S3Store past = asOf(then);
        proxy.follow(FaultyProxy.Script.passing());
        byte[] bytes = {1};
        List<Mono<?>> writes = List.of(
                past.put("a", bytes),
                past.putIfAbsent("new", bytes),
                past.delete("a"),
                past.delete(List.of("a", "b")),
                past.deleteForeign("/" + config.prefix() + "a"),
                past.abort(new OngoingUpload("a", "upload", then)),
                past.abortAll("a"),
                past.uploads("").then(),
                new ObjectLocks(past).putLegalHold("a", true));

        for (Mono<?> write : writes) {
            assertThatThrownBy(() -> write.block(PROMPTLY))
                    .isInstanceOfSatisfying(S3Failure.class, refused -> {
                        assertThat(refused.kind()).isEqualTo(FailureKind.BUCKET_REFUSED);
                        assertThat(refused.retryable()).isFalse();
                    })
                    .hasMessageContaining("the bucket is read as it was at " + then)
                    .hasMessageContaining("nothing is written there");
        }

        assertThat(proxy.requests()).isEmpty();
        assertThat(text(store, "a")).isEqualTo("a");
    }

    @Test
    void namesTheListingThatIsRefused() {
        put("a", "a");
        S3Store past = asOf(tick());
        proxy.follow((request, _) ->
                request.is("GET", "?versions") ? Reaction.Answer.error(403, "AccessDenied") : Reaction.Fault.NONE);

        assertThatThrownBy(() -> await(past.get("a")))
                .isInstanceOf(S3Failure.class)
                .hasMessageContaining("ListObjectVersions of s3://backups/" + config.prefix() + "a");
    }

    /// A signing page of a proxy must not be taken for an empty bucket.
    @Test
    void takesNoOtherAnswerForAListing() {
        put("a", "a");
        S3Store past = asOf(tick());
        proxy.follow((request, _) ->
                request.is("GET", "?versions") ? Reaction.Answer.xml(200, "<html></html>") : Reaction.Fault.NONE);

        assertThatThrownBy(() -> keys(past, ""))
                .isInstanceOf(S3Failure.class)
                .hasMessageContaining("does a proxy or a sign-in page answer");
    }

    /// Many changes in each second, of which the listing tells nothing but the second.
    @Test
    void showsEachSecondOfARandomHistoryAsItEnded() {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        log.info("random history of a bucket, seed {}", seed);
        Random random = new Random(seed);
        Map<String, String> now = new TreeMap<>();
        Map<Instant, Map<String, String>> history = new HashMap<>();
        for (int second = 0; second < 4; second++) {
            for (int i = 0; i < 12; i++) {
                String key = "k" + random.nextInt(5);
                if (now.containsKey(key) && random.nextInt(3) > 0) {
                    store.delete(key).block(PROMPTLY);
                    now.remove(key);
                } else {
                    String value = second + "." + i;
                    put(key, value);
                    now.put(key, value);
                }
            }
            history.put(tick(), Map.copyOf(now));
        }

        history.forEach((instant, expected) -> {
            S3Store past = asOf(instant);
            Map<String, String> seen =
                    keys(past, "").stream().collect(Collectors.toMap(key -> key, key -> text(past, key)));
            assertThat(seen).as("seed %d, %s", seed, instant).isEqualTo(expected);
            S3Store unlisted = asOf(instant);
            for (int i = 0; i < 5; i++) {
                assertThat(unlisted.get("k" + i)
                                .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                                .blockOptional(PROMPTLY))
                        .as("seed %d, %s, k%d", seed, instant, i)
                        .isEqualTo(Optional.ofNullable(expected.get("k" + i)));
            }
        });
    }
}
