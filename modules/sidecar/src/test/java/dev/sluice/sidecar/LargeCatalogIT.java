package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.SetFacts;
import dev.sluice.catalog.Ulid;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import tools.jackson.databind.json.JsonMapper;

/// Whatever the size of backups and however many: the program looks at a bucket with 256 MiB of heap.
///
/// The entries are those of a true full and a true log backup, told again with other times, LSNs and sizes, so there
/// are no data behind them. `-Dsluice.catalog.logs=10000` is the full size; a full backup has 4 TiB and comes after
/// each 35th of the logs.
@Timeout(1_800)
class LargeCatalogIT {

    private static final int LOGS = Integer.getInteger("sluice.catalog.logs", 350);
    private static final int FULLS = 35;

    private static final long FULL_BYTES = 4L << 40;
    private static final int BLOCK = 8 << 20;
    private static final int PART = 512 << 20;
    private static final int AT_ONCE = 16;
    private static final BigInteger STEP = BigInteger.valueOf(1_000_000);
    private static final Duration EVERY = Duration.ofMinutes(5);
    private static final Duration PATIENTLY = Duration.ofMinutes(5);
    private static final String PASSWORD = "Large!Catalog1";
    private static final Pattern PAUSE = Pattern.compile("(\\d+)M->(\\d+)M\\(");

    @TempDir
    Path directory;

    /// What the stream, msdb and the document say of a backup's place in time and in the log.
    private record Place(Instant at, BigInteger first, BigInteger last, BigInteger base) {}

    @Test
    void whatOnlyLooksAtEntriesNeedsTheSameHeapForBackupsOfAnySize() throws Exception {
        try (Site site = Site.start(directory, PASSWORD, "Sales=2MiB", "--database", "Other=2MiB");
                FaultyProxy proxy = new FaultyProxy(site.s3.endpoint())) {
            site.configure("""
                    server: { url: "%s", user: sa, password: "%s", identity: large }
                    vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                    store:
                      bucket: backups
                      endpoint: %s
                      credentials: { access-key-id: "%s", secret-access-key: "%s" }
                      proxy: none
                    memory: { budget: 32MiB }
                    http: { listen: 127.0.0.1:0 }
                    policies: [{ databases: ["Sales", "Other"], full: "0 0 1 1 *", keep: { full: 2 } }]
                    """.formatted(
                    site.jdbcUrl(), PASSWORD, proxy.endpoint(), site.s3.accessKeyId(), site.s3.secretAccessKey()));
            site.done("backup", "Sales", "--json");
            site.done("backup", "Sales", "--type", "log", "--json");
            String last = fill(site);

            looked(site, "list", 3, "list", "Sales", "--json");
            // The objects are not there: every entry is read and every backup looked for, and none can be used.
            Site.Ended plan =
                    looked(site, "plan", 1, "restore", "Sales", "--as", "Copy", "--to", last, "--plan", "--json");
            assertThat(plan.out() + plan.err()).contains("unreachable", "is missing");
            looked(site, "prune", 0, "prune", "Sales", "--keep-full", "2", "--dry-run", "--json");
            serve(site, proxy, last);
        }
    }

    private Site.Ended looked(Site site, String what, int code, String... arguments) throws Exception {
        Path log = directory.resolve(what + ".gc");
        long begun = System.nanoTime();
        try (Program program = site.program(collected(log), arguments)) {
            Site.Ended ended = new Site.Ended(program.exitCode(PATIENTLY), program.out(), program.err());
            tell(what, log, begun);
            assertThat(ended.code()).as(ended.err()).isEqualTo(code);
            return ended;
        }
    }

    private void serve(Site site, FaultyProxy proxy, String instant) throws Exception {
        Path log = directory.resolve("serve.gc");
        long begun = System.nanoTime();
        try (Program program = site.program(collected(log), "serve", "--json");
                HttpClient http = HttpClient.newHttpClient()) {
            await().atMost(PATIENTLY).until(() -> program.out().contains("\n") || !program.running());
            URI base = URI.create(
                    JsonMapper.shared().readTree(program.out()).get("listening").asString());
            await().atMost(PATIENTLY)
                    .until(() -> get(http, base.resolve("/metrics")).contains("mssql_backup_recovered 1.0"));
            assertThat(get(http, base.resolve("/metrics"))).contains("Sales");
            tell("serve and /metrics", log, begun);
            // The first backup of a database is the schedule's; the one that is asked for would wait for it.
            await().atMost(PATIENTLY)
                    .until(() -> JsonMapper.shared()
                            .readTree(get(http, base.resolve("/api/v1/jobs")))
                            .at("/jobs/0/state")
                            .asString("")
                            .equals("good"));
            answersDuringABackup(http, base, proxy, instant);
            tell("serve, a plan and /metrics while a backup runs", log, begun);
            assertThat(program.err()).doesNotContain("OutOfMemoryError");
            program.signal("TERM");
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);
        }
    }

    /// The backup waits for the bucket until the service has answered.
    private static void answersDuringABackup(HttpClient http, URI base, FaultyProxy proxy, String instant)
            throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        proxy.follow((request, _) -> request.is("PUT", "/data/other-")
                ? new Reaction.Trap(false, () -> !released(answered))
                : Reaction.Fault.NONE);
        HttpRequest backup = HttpRequest.newBuilder(base.resolve("/api/v1/jobs"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"database\": \"Other\", \"type\": \"FULL\"}"))
                .build();
        URI job = base.resolve(http.send(backup, BodyHandlers.ofString())
                .headers()
                .firstValue("Location")
                .orElseThrow());
        await().atMost(PATIENTLY)
                .until(() -> state(http, job).equals("running") && proxy.count("PUT", "/data/other-") > 0);
        String plan = get(http, base.resolve("/api/v1/plan?database=Sales&as=Copy&to=" + instant));
        assertThat(plan).contains("is missing");
        assertThat(get(http, base.resolve("/metrics"))).contains("Sales");
        assertThat(state(http, job)).as("the backup still runs").isEqualTo("running");
        answered.countDown();
        await().atMost(PATIENTLY).until(() -> !state(http, job).equals("running"));
        assertThat(state(http, job)).isEqualTo("good");
    }

    private static boolean released(CountDownLatch latch) {
        try {
            return latch.await(PATIENTLY.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static String state(HttpClient http, URI job) throws Exception {
        return JsonMapper.shared().readTree(get(http, job)).get("state").asString();
    }

    private static String get(HttpClient http, URI uri) throws Exception {
        return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
    }

    private static Map<String, String> collected(Path log) {
        return Map.of("JDK_JAVA_OPTIONS", "-Xlog:gc:file=" + log);
    }

    private static void tell(String what, Path log, long begun) throws IOException {
        long before = 0;
        long after = 0;
        for (String line : Files.readAllLines(log)) {
            var pause = PAUSE.matcher(line);
            if (pause.find()) {
                before = Math.max(before, Long.parseLong(pause.group(1)));
                after = Math.max(after, Long.parseLong(pause.group(2)));
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%d full and %d log backups, %s: %.1f s, heap %d MiB at most, %d MiB of it in use%n",
                FULLS,
                LOGS,
                what,
                (System.nanoTime() - begun) / 1e9,
                before,
                after);
    }

    // ---- the bucket ----

    /// @return an instant of the last log backup
    private static String fill(Site site) {
        StoreConfig config = new StoreConfig(
                site.s3.endpoint(),
                "us-east-1",
                "backups",
                "",
                true,
                new StoreConfig.Credentials(site.s3.accessKeyId(), site.s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                RetryPolicy.DEFAULT);
        try (S3Store store = S3Store.open(config)) {
            Catalog catalog = new Catalog(store, new Keys("large"));
            List<BackupDocument> taken = catalog.list("Sales")
                    .concatMap((CatalogKey key) -> catalog.read(key))
                    .collectList()
                    .blockOptional(PATIENTLY)
                    .orElseThrow();
            BackupDocument full = of(taken, BackupType.FULL);
            BackupDocument log = of(taken, BackupType.LOG);
            List<Place> fulls = new ArrayList<>();
            List<Place> logs = new ArrayList<>();
            BigInteger lsn = full.lastLsn();
            Instant at = Instant.parse("2026-01-01T00:00:00Z");
            for (int i = 0; i < LOGS; i++) {
                at = at.plus(EVERY);
                if (i % Math.max(1, LOGS / FULLS) == 0 && fulls.size() < FULLS) {
                    fulls.add(new Place(at.minusSeconds(60), lsn, lsn, lsn));
                }
                logs.add(new Place(at, lsn, lsn.add(STEP), fulls.getLast().first()));
                lsn = lsn.add(STEP);
            }
            List<BackupDocument.Stripe> huge = huge();
            Flux.concat(
                            Flux.fromIterable(fulls).map(place -> told(full, place, huge)),
                            Flux.fromIterable(logs).map(place -> told(log, place, null)))
                    .flatMap(catalog::commit, AT_ONCE)
                    .blockLast(Duration.ofMinutes(20));
            return at.minusSeconds(30).toString();
        }
    }

    private static BackupDocument of(List<BackupDocument> taken, BackupType type) {
        return taken.stream().filter(one -> one.type() == type).findFirst().orElseThrow();
    }

    private static List<BackupDocument.Stripe> huge() {
        int parts = (int) (FULL_BYTES / PART);
        List<BackupDocument.Part> all = IntStream.rangeClosed(1, parts)
                .mapToObj(number -> new BackupDocument.Part(number, PART, "0badcafe"))
                .toList();
        return List.of(new BackupDocument.Stripe(
                1,
                List.of(new BackupDocument.Segment(
                        "",
                        FULL_BYTES,
                        "0badcafe",
                        "\"huge\"",
                        all,
                        new BackupDocument.Blocks(
                                BLOCK, Collections.nCopies((int) (FULL_BYTES / BLOCK), "0badcafe"))))));
    }

    /// The same backup at another place.
    private static BackupDocument told(BackupDocument one, Place place, @Nullable List<BackupDocument.Stripe> stripes) {
        UUID set = UUID.nameUUIDFromBytes(
                (one.type() + place.at().toString()).getBytes(java.nio.charset.StandardCharsets.UTF_8));
        String id = Ulid.of(
                place.at(),
                ByteBuffer.allocate(16)
                        .putLong(set.getMostSignificantBits())
                        .putLong(set.getLeastSignificantBits())
                        .array());
        List<BackupDocument.Stripe> moved = new ArrayList<>();
        for (BackupDocument.Stripe stripe : stripes == null ? one.stripes() : stripes) {
            BackupDocument.Segment segment = stripe.segments().getFirst();
            moved.add(new BackupDocument.Stripe(
                    stripe.index(),
                    List.of(new BackupDocument.Segment(
                            new Keys("large").data("Sales", id, stripe.index(), 1),
                            segment.bytes(),
                            segment.crc32c(),
                            segment.eTag(),
                            segment.parts(),
                            segment.blocks()))));
        }
        return new BackupDocument(
                BackupDocument.SCHEMA_VERSION,
                id,
                one.sluiceVersion(),
                one.server(),
                one.database(),
                one.type(),
                false,
                BackupDocument.deviceSet(id),
                place.at(),
                place.at().plusSeconds(1),
                one.verdict(),
                one.options(),
                place.first(),
                place.last(),
                moved,
                one.details()
                        .withStreams(one.details().streams(), facts(one.stream(), place, set), one.files())
                        .withHistory(facts(one.history(), place, set)));
    }

    private static SetFacts facts(@Nullable SetFacts facts, Place place, UUID set) {
        Map<String, Object> told = new HashMap<>();
        if (facts != null) {
            told.putAll(facts.told());
        }
        String local = LocalDateTime.ofInstant(place.at(), ZoneOffset.UTC).toString() + ":00";
        told.put("backup_set_uuid", set.toString());
        told.put("backup_start_date", local.substring(0, 19));
        told.put("backup_finish_date", local.substring(0, 19));
        told.put("last_valid_restore_time", local.substring(0, 19));
        told.put("first_lsn", place.first().toString());
        told.put("last_lsn", place.last().toString());
        told.put("checkpoint_lsn", place.base().toString());
        told.put("database_backup_lsn", place.base().toString());
        return SetFacts.of(told);
    }
}
