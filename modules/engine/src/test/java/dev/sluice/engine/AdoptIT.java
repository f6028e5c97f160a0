package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Origin;
import dev.sluice.engine.files.FetchResult;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.rebuild.AdoptRequest;
import dev.sluice.engine.rebuild.EntriesReport;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Backups of other programs, anywhere in the bucket, under names that say nothing.
///
/// `-Dsluice.seed=N` repeats a run.
@Timeout(300)
class AdoptIT {

    private static final Path DATA = Path.of(System.getProperty("sluice.data", "../../../shared/data"));

    private final long seed = Long.getLong("sluice.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @TempDir
    Path directory;

    private RestoreBench bench;
    private S3Store bucket;
    private int names;

    private record Moment(Instant when, Map<Long, Long> pages) {}

    @BeforeEach
    void start() throws Exception {
        System.getLogger(AdoptIT.class.getName()).log(System.Logger.Level.INFO, "seed {0}", Long.toString(seed));
        bench = RestoreBench.start(
                directory,
                ZoneOffset.UTC,
                options -> options.withDatabase("Sales", 1 << 20).withDatabase("Other", 512 << 10));
        var s3 = bench.installation.s3;
        bucket = S3Store.open(new StoreConfig(
                s3.endpoint(),
                "us-east-1",
                "sluice",
                "",
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(3, Duration.ofMillis(100), Duration.ofMillis(400), Duration.ofSeconds(5))));
    }

    @AfterEach
    void stop() {
        bucket.close();
        bench.close();
    }

    @Test
    void filesOfAnotherProgramAreRestoredToRandomInstants() throws Exception {
        List<Moment> moments = history();
        List<BackupDocument> before = documents("Sales");
        makeForeign(before);
        assertThat(bench.inventory().documents()).isEmpty();

        EntriesReport report = adopt(true);

        assertThat(report.refused()).isEmpty();
        assertThat(report.made()).hasSameSizeAs(before);
        List<BackupDocument> adopted = documents("Sales");
        assertThat(adopted).allSatisfy(document -> {
            assertThat(document.origin()).isEqualTo(Origin.ADOPTED);
            assertThat(document.verdict().outcome())
                    .as(document.verdict().proof())
                    .isEqualTo(Outcome.GOOD);
        });
        assertThat(adopted.stream().map(document -> document.facts().set()).toList())
                .isEqualTo(
                        before.stream().map(document -> document.facts().set()).toList());
        for (int i = 0; i < 5; i++) {
            Moment moment = moments.get(random.nextInt(moments.size()));
            Inventory inventory = bench.inventory();
            var planning = new Planner(inventory.backups()).plan(PlanRequest.to(bench.at(moment.when())));
            assertThat(planning).isInstanceOf(RestorePlan.class);
            bench.restore(RestoreRequest.of(
                    (RestorePlan) planning, inventory.documents(), "Then" + i, Map.of(), Existing.KEEP));
            assertThat(bench.pages("Then" + i)).as("%s", moment.when()).isEqualTo(moment.pages());
        }
        EntriesReport again = adopt(true);
        assertThat(again.made()).isEmpty();
        assertThat(again.known()).isEqualTo(before.size());
    }

    @Test
    void whatIsNotWholeIsRefusedByNameAndHoldsUpNothing() throws Exception {
        BackupDocument whole = bench.backUp(BackupType.FULL, 2);
        BackupDocument missing = bench.backUp(BackupType.FULL, 3);
        BackupDocument other = bench.backUp("Other", BackupType.FULL, false, 1);
        bench.later(Duration.ofHours(1));
        BackupDocument second = bench.backUp("Other", BackupType.FULL, false, 1);
        List<byte[]> stripes = bytes(whole);
        put("old/a", stripes.get(1));
        put("old/deep/b", stripes.get(0));
        put("old/copy of a.bak", stripes.get(1));
        put("old/no 2.bak", bytes(missing).get(0));
        put("old/no 2 either.bak", bytes(missing).get(2));
        put("old/cut.bak", Arrays.copyOf(bytes(other).getFirst(), 100_000));
        ByteArrayOutputStream two = new ByteArrayOutputStream();
        two.writeBytes(bytes(other).getFirst());
        two.writeBytes(bytes(second).getFirst());
        put("old/two.bak", two.toByteArray());
        put("old/notes.txt", "TAKE CARE OF THESE".getBytes(StandardCharsets.UTF_8));
        put("old/TAPE.txt", "TAPE is what it begins with, and no more".getBytes(StandardCharsets.UTF_8));
        put("old/empty", new byte[0]);
        lose();

        EntriesReport report = adopt(true);

        assertThat(report.made()).singleElement().satisfies(made -> {
            assertThat(made.database()).isEqualTo("Sales");
            assertThat(made.objects()).containsExactly("/old/deep/b", "/old/a");
            assertThat(made.verdict()).isEqualTo(Outcome.GOOD);
        });
        assertThat(reasons(report.skipped())).containsOnlyKeys("/old/copy of a.bak");
        assertThat(reasons(report.refused()))
                .containsOnlyKeys(
                        "/old/no 2.bak", "/old/no 2 either.bak", "/old/cut.bak", "/old/two.bak", "/old/TAPE.txt")
                .hasEntrySatisfying(
                        "/old/no 2.bak",
                        why -> assertThat(why).contains("3 stripes").contains(": 2."))
                .hasEntrySatisfying("/old/cut.bak", why -> assertThat(why).contains("cut off"))
                .hasEntrySatisfying("/old/two.bak", why -> assertThat(why).contains("FILE = n"));
        assertThat(report.notes()).anyMatch(note -> note.startsWith("2 objects are no backups"));
        assertThat(report.needsAttention()).isTrue();
    }

    @Test
    void aPlanWritesNothingAndWithoutSumsNothingIsRestored() throws Exception {
        bench.work("Sales", 3, 1);
        BackupDocument backup = bench.backUp(BackupType.FULL, 2);
        Map<Long, Long> pages = bench.pages("Sales");
        makeForeign(List.of(backup));
        assertThat(engine().adopt(new AdoptRequest("/old/", null, false, true))
                        .block(Installation.SOON)
                        .made())
                .hasSize(1);
        assertThat(keys()).isEmpty();

        adopt(false);

        BackupDocument adopted = documents("Sales").getFirst();
        assertThat(adopted.startedAt()).isEqualTo(backup.startedAt());
        assertThat(bench.inventory().backups().getFirst().missing()).isEmpty();
        assertThatThrownBy(() -> bench.restore(PlanRequest.to(new RestoreTarget.End()), "Early"))
                .isInstanceOf(OperationFailed.class)
                .extracting(e -> ((OperationFailed) e).id())
                .hasToString("no-sums");
        assertThat(adopt(true).made()).hasSize(1);
        assertThat(keys()).hasSize(1);
        bench.restore(PlanRequest.to(new RestoreTarget.End()), "Copy");
        assertThat(bench.pages("Copy")).isEqualTo(pages);
    }

    @Test
    void nothingButAPersonWhoNamesItRemovesAnAdoptedBackup() {
        makeForeign(List.of(bench.backUp(BackupType.FULL, 2)));
        adopt(true);
        BackupDocument adopted = documents("Sales").getFirst();
        List<String> files = adopted.stripes().stream()
                .flatMap(stripe -> stripe.segments().stream())
                .map(BackupDocument.Segment::key)
                .toList();
        PruneRequest.Chooser everything = (backups, _) -> backups.stream()
                .map(backup -> new KeepDecision(backup, false, "all of it"))
                .toList();

        PruneReport kept = engine().prune(new PruneRequest("Sales", everything, false, Set.of(adopted.backupId())))
                .onErrorResume(OperationFailed.class, _ -> engine().prune(new PruneRequest("Sales", everything, false)))
                .block(Installation.SOON);

        assertThat(kept.removed()).isZero();
        assertThat(kept.backups())
                .singleElement()
                .satisfies(entry -> assertThat(entry.reason()).startsWith("adopted"));
        assertThat(files).hasSize(2).allSatisfy(file -> {
            assertThat(exists(file)).isTrue();
            assertThatThrownBy(() -> bench.installation.store.delete(file).block(Installation.SOON))
                    .isInstanceOf(IllegalArgumentException.class);
        });
        assertThatThrownBy(() -> engine().join(adopted).block(Installation.SOON))
                .isInstanceOf(OperationFailed.class)
                .extracting(e -> ((OperationFailed) e).id())
                .hasToString("cannot-join");

        PruneReport gone = engine().prune(PruneRequest.named("Sales", Set.of(), Set.of(adopted.backupId()), false))
                .block(Installation.SOON);

        assertThat(gone.removed()).isOne();
        assertThat(gone.left()).isEmpty();
        assertThat(keys()).isEmpty();
        assertThat(files).noneMatch(this::exists);
        assertThatThrownBy(
                        () -> engine().prune(PruneRequest.named("Sales", Set.of(), Set.of(adopted.backupId()), false))
                                .block(Installation.SOON))
                .isInstanceOf(OperationFailed.class)
                .extracting(e -> ((OperationFailed) e).id())
                .hasToString("no-such-backup");
    }

    @Test
    void aCopyOfABackupThatSluiceTookIsNotAdopted() {
        BackupDocument backup = bench.backUp(BackupType.FULL, 2);
        List<byte[]> stripes = bytes(backup);
        put("old/1", stripes.get(0));
        put("old/2", stripes.get(1));

        EntriesReport report = adopt(true);

        assertThat(report.made()).isEmpty();
        assertThat(reasons(report.skipped()))
                .containsOnlyKeys("/old/1", "/old/2")
                .hasEntrySatisfying("/old/1", why -> assertThat(why).contains(backup.backupId()));
        assertThat(engine().adopt(new AdoptRequest("", null, false, true))
                        .block(Installation.SOON)
                        .notes())
                .anyMatch(note -> note.startsWith("2 objects are of backups that Sluice took"));
    }

    @Test
    void backupsOfRealServersAreAdoptedPlannedVerifiedAndFetched() throws Exception {
        assumeThat(DATA)
                .as("real backups are read from %s (-Dsluice.data=DIR), which is absent", DATA)
                .isDirectory();
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(DATA)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put("old/" + DATA.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
            }
        }
        files.forEach(this::put);

        EntriesReport report = adopt(true);

        assertThat(reasons(report.refused()))
                .containsOnlyKeys("/old/misc/media-password.bak")
                .hasEntrySatisfying(
                        "/old/misc/media-password.bak", why -> assertThat(why).contains("media password"));
        Map<String, Long> byDatabase = report.made().stream()
                .collect(Collectors.groupingBy(EntriesReport.Made::database, Collectors.counting()));
        assertThat(byDatabase)
                .containsEntry("RestoreTimeClean", 8L)
                .containsEntry("RestoreTimeStripe", 2L)
                .containsEntry("db1", 3L)
                .containsEntry("db2", 2L)
                .containsEntry("TutorialDB", 1L)
                .containsEntry("NORTHWIND", 1L)
                .hasSize(6);
        Inventory chain = engine().inventory("RestoreTimeClean", null).block(Installation.SOON);
        // British summer time: the file says so.
        assertThat(chain.documents().getFirst().startedAt()).isEqualTo(Instant.parse("2019-05-02T20:00:55Z"));
        RestorePlan plan = (RestorePlan) new Planner(chain.backups())
                .plan(PlanRequest.to(new RestoreTarget.End()).withUnconfirmed());
        assertThat(plan.allBackups()).hasSizeGreaterThanOrEqualTo(3);
        for (EntriesReport.Made made : report.made()) {
            BackupDocument document = documents(made.database()).stream()
                    .filter(one -> one.backupId().equals(made.backupId()))
                    .findFirst()
                    .orElseThrow();
            VerifyReport verified =
                    engine().verify(document, RunObserver.SILENT).block(Installation.SOON);
            assertThat(verified.problems()).as("%s", made.objects()).isEmpty();
            FetchResult fetched =
                    engine().fetch(document, directory.resolve("fetched")).block(Installation.SOON);
            for (int i = 0; i < made.stripes(); i++) {
                assertThat(Files.readAllBytes(fetched.files().get(i)))
                        .isEqualTo(files.get(made.objects().get(i).substring(1)));
            }
        }
    }

    // ---- what there was ----

    private List<Moment> history() throws Exception {
        List<Moment> moments = new ArrayList<>();
        for (BackupType type : List.of(
                BackupType.FULL,
                BackupType.LOG,
                BackupType.DIFFERENTIAL,
                BackupType.LOG,
                BackupType.FULL,
                BackupType.LOG,
                BackupType.LOG)) {
            bench.later(Duration.ofSeconds(10));
            bench.backUp(type, 1 + random.nextInt(3));
            bench.later(Duration.ofSeconds(10));
            bench.work("Sales", 1 + random.nextInt(5), random.nextLong(1_000));
            moments.add(new Moment(bench.now().plusSeconds(5), bench.pages("Sales")));
            bench.later(Duration.ofSeconds(10));
        }
        bench.later(Duration.ofSeconds(10));
        bench.work("Sales", 1, 7);
        bench.later(Duration.ofSeconds(10));
        bench.backUp(BackupType.LOG, 2);
        return moments;
    }

    /// As if another program had stored them: elsewhere, under other names, in no order.
    private void makeForeign(List<BackupDocument> backups) {
        for (BackupDocument backup : backups) {
            for (byte[] stripe : bytes(backup).reversed()) {
                put("old/%s/%08x".formatted(random.nextBoolean() ? "nightly" : "x", 1_000_003 * ++names), stripe);
            }
        }
        lose();
    }

    /// Everything that Sluice has stored of its own.
    private void lose() {
        bench.installation
                .store
                .list("test/")
                .map(object -> object.key())
                .filter(key -> !key.endsWith("owner.json"))
                .collectList()
                .block(Installation.SOON)
                .forEach(key -> bench.installation.store.delete(key).block(Installation.SOON));
    }

    private List<byte[]> bytes(BackupDocument backup) {
        return backup.stripes().stream()
                .map(stripe -> stripe.segments().getFirst().key())
                .map(key -> bench.installation.store.get(key).block(Installation.SOON))
                .toList();
    }

    // ---- the bucket ----

    private void put(String key, byte[] bytes) {
        bucket.put(key, bytes).block(Installation.SOON);
    }

    private boolean exists(String key) {
        return bucket.head(key.substring(1)).hasElement().block(Installation.SOON);
    }

    private Engine engine() {
        return bench.engine();
    }

    private EntriesReport adopt(boolean read) {
        return engine().adopt(new AdoptRequest("old/", null, read, false)).block(Installation.SOON);
    }

    private static Map<String, String> reasons(List<EntriesReport.Named> named) {
        return named.stream().collect(Collectors.toMap(EntriesReport.Named::what, EntriesReport.Named::reason));
    }

    private List<CatalogKey> keys() {
        return engine().environment().catalog().list().collectList().block(Installation.SOON);
    }

    private List<BackupDocument> documents(String database) {
        Catalog catalog = engine().environment().catalog();
        return catalog.list(database).concatMap(catalog::read).collectList().block(Installation.SOON);
    }
}
