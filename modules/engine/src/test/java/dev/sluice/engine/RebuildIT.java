package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Origin;
import dev.sluice.catalog.SumsOrigin;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.rebuild.EntriesReport;
import dev.sluice.engine.rebuild.RebuildRequest;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.retention.KeepRule;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.retention.RetentionRule;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.SqlServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/// Entries that are lost are made again from the data, and what is restored with them is what was restored before.
///
/// `-Dsluice.seed=N` repeats a run.
@Timeout(300)
class RebuildIT {

    private static final byte[] GARBAGE = "{\"schemaVersion\": 1, ".getBytes(StandardCharsets.UTF_8);
    private static final RebuildRequest ALL = new RebuildRequest(null, true, false);

    private final long seed = Long.getLong("sluice.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @TempDir
    Path directory;

    private RestoreBench bench;

    private record Moment(String database, Instant when, Map<Long, Long> pages) {}

    @BeforeEach
    void start() throws Exception {
        System.getLogger(RebuildIT.class.getName()).log(System.Logger.Level.INFO, "seed {0}", Long.toString(seed));
        bench = RestoreBench.start(
                directory,
                ZoneOffset.UTC,
                options -> options.withDatabase("Sales", 1 << 20).withDatabase("Größe; [x]", 512 << 10));
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    @Test
    void everyEntryIsLostAndEverythingIsRestoredAsBefore() throws Exception {
        List<Moment> moments = history();
        Map<String, BackupDocument> before = documents();
        loseEntries();
        assertThat(bench.inventory().documents()).isEmpty();

        EntriesReport report = rebuild(bench.engine(), ALL);

        assertThat(report.refused()).isEmpty();
        assertThat(report.made()).hasSameSizeAs(before.values());
        assertThat(report.needsAttention()).isFalse();
        Map<String, BackupDocument> after = documents();
        assertThat(after.keySet()).isEqualTo(before.keySet());
        after.forEach((id, document) -> assertSame(document, before.get(id)));
        restoreAll(moments, false);
        assertThat(rebuild(bench.engine(), ALL).made()).as("a second time").isEmpty();
    }

    @Test
    void withoutAServerWhatLaterBackupsProveIsGoodAndTheRestIsUnconfirmed() throws Exception {
        List<Moment> moments = history();
        Map<String, BackupDocument> before = documents();
        loseEntries();

        EntriesReport report = rebuild(withoutServer(), ALL);

        assertThat(report.refused()).isEmpty();
        assertThat(report.notes()).anyMatch(note -> note.contains("msdb could not be asked"));
        assertThat(report.needsAttention()).isTrue();
        Map<String, BackupDocument> after = documents();
        after.forEach((id, document) -> {
            BackupDocument old = before.get(id);
            assertThat(document.history()).isNull();
            assertThat(document.firstLsn()).isEqualTo(old.firstLsn());
            assertThat(document.lastLsn()).isEqualTo(old.lastLsn());
            assertThat(document.startedAt()).isEqualTo(old.startedAt());
            assertThat(document.verdict().outcome())
                    .as("%s %s", document.type(), document.verdict().proof())
                    .isEqualTo(isProvable(old, before) ? Outcome.GOOD : Outcome.UNCONFIRMED);
        });
        restoreAll(moments, true);
    }

    @Test
    void whatRecoverAndPruneDecideAboutIsLeftToThem() {
        BackupDocument pending = bench.backUp(BackupType.FULL, 1);
        BackupDocument removed = bench.backUp(BackupType.FULL, 1);
        BackupDocument lost = bench.backUp(BackupType.FULL, 2);
        loseEntries();
        catalog().writePending(pending).block(Installation.SOON);
        catalog().writeRemoval(removed).block(Installation.SOON);

        EntriesReport report = rebuild(bench.engine(), ALL);

        assertThat(report.skipped())
                .extracting(EntriesReport.Named::what)
                .containsExactlyInAnyOrder(pending.backupId(), removed.backupId());
        assertThat(report.made()).extracting(EntriesReport.Made::backupId).containsExactly(lost.backupId());
        assertThat(documents()).containsOnlyKeys(lost.backupId());
    }

    @Test
    void aDamagedEntryIsMadeAgainAndSetAsideAndRetentionGoesOn() throws Exception {
        bench.work("Sales", 3, 1);
        BackupDocument backup = bench.backUp(BackupType.FULL, 2);
        Map<Long, Long> pages = bench.pages("Sales");
        CatalogKey key = keys().getFirst();
        damage(key);
        assertThatThrownBy(this::prune).isInstanceOfSatisfying(OperationFailed.class, failure -> {
            assertThat(failure.id()).hasToString("catalog-unreadable");
            assertThat(failure.what()).contains(key.key());
            assertThat(failure.hint()).contains("sluice catalog rebuild \"Sales\"");
        });
        assertThat(bench.inventory().refused()).as("named once").hasSize(1);
        EntriesReport planned = rebuild(bench.engine(), new RebuildRequest(null, true, true));
        assertThat(planned.aside()).hasSize(1);
        assertThat(keys()).containsExactly(key);

        EntriesReport report = rebuild(bench.engine(), ALL);

        String aside = catalog().keys().setAside(key);
        assertThat(report.made()).hasSize(1);
        assertThat(report.aside()).containsExactly(new EntriesReport.Named(key.key(), aside));
        assertThat(report.needsAttention()).isFalse();
        assertThat(keys()).singleElement().isNotEqualTo(key);
        assertThat(bench.installation.store.get(aside).block(Installation.SOON)).isEqualTo(GARBAGE);
        assertThat(documents()).containsOnlyKeys(backup.backupId());
        assertThat(prune().backups()).hasSize(1);
        EntriesReport again = rebuild(bench.engine(), ALL);
        assertThat(again.made()).isEmpty();
        assertThat(again.aside()).isEmpty();
        bench.restore(PlanRequest.to(new RestoreTarget.End()), "Copy");
        assertThat(bench.pages("Copy")).isEqualTo(pages);
    }

    /// Earlier programs have left the damaged one where it was; and so does a crash in between.
    @Test
    void aDamagedEntryBesideOneThatCanBeReadIsSetAside() {
        BackupDocument backup = bench.backUp(BackupType.FULL, 1);
        CatalogKey readable = keys().getFirst();
        CatalogKey damaged = beside(readable);
        assertThatThrownBy(this::prune).isInstanceOf(OperationFailed.class);

        EntriesReport report = rebuild(bench.engine(), ALL);

        assertThat(report.made()).isEmpty();
        assertThat(report.aside()).extracting(EntriesReport.Named::what).containsExactly(damaged.key());
        assertThat(keys()).containsExactly(readable);
        assertThat(prune().backups()).extracting(PruneReport.Entry::backupId).containsExactly(backup.backupId());
    }

    /// What nothing proves is kept with all that it rests on, so its damaged entry is not needed either.
    @Test
    void aDamagedEntryOfABackupThatNothingProvesIsSetAsideToo() {
        BackupDocument full = bench.backUp(BackupType.FULL, 1);
        BackupDocument differential = bench.backUp(BackupType.DIFFERENTIAL, 1);
        CatalogKey key = keys().stream()
                .filter(one -> one.backupId().equals(differential.backupId()))
                .findFirst()
                .orElseThrow();
        damage(key);

        EntriesReport report = rebuild(withoutServer(), ALL);

        assertThat(report.made())
                .singleElement()
                .satisfies(made -> assertThat(made.verdict()).isEqualTo(Outcome.UNCONFIRMED));
        assertThat(report.aside()).hasSize(1);
        bench.backUp(BackupType.FULL, 1);
        assertThat(prune().backups())
                .filteredOn(PruneReport.Entry::kept)
                .extracting(PruneReport.Entry::backupId)
                .contains(full.backupId(), differential.backupId());
    }

    @Test
    void theRefusalOfADamagedEntryWithoutDataSaysHowToRemoveIt() {
        BackupDocument backup = bench.backUp(BackupType.FULL, 1);
        CatalogKey key = keys().getFirst();
        damage(key);
        bench.installation.store.delete(key(backup, 1)).block(Installation.SOON);

        assertThat(rebuild(bench.engine(), ALL).aside()).isEmpty();

        assertThatThrownBy(this::prune)
                .isInstanceOfSatisfying(
                        OperationFailed.class,
                        failure -> assertThat(failure.hint())
                                .contains("aws s3api delete-object", key.key())
                                .doesNotContain("rebuild"));
        assertThat(keys()).containsExactly(key);
    }

    /// The bucket refuses it, another version wrote it, or the answer to a read is not what the bucket holds.
    @Test
    void anEntryThatIsNotDamagedStays() {
        bench.backUp(BackupType.FULL, 1);
        CatalogKey readable = keys().getFirst();
        CatalogKey other = beside(readable);
        bench.installation
                .store
                .put(other.key(), "{\"schemaVersion\": 99}".getBytes(StandardCharsets.UTF_8))
                .block(Installation.SOON);

        EntriesReport report = rebuild(bench.engine(), ALL);

        assertThat(report.aside()).isEmpty();
        assertThat(keys()).containsExactlyInAnyOrder(readable, other);
        assertThatThrownBy(() -> catalog().setAside(other, readable).block(Installation.SOON))
                .isInstanceOf(CatalogException.class);
        assertThatThrownBy(() -> catalog().setAside(readable, other).block(Installation.SOON))
                .isInstanceOf(CatalogException.class);
        assertThat(keys()).containsExactlyInAnyOrder(readable, other);
        catalog().delete(readable).block(Installation.SOON);

        report = rebuild(bench.engine(), ALL);

        assertThat(report.made()).isEmpty();
        assertThat(report.skipped())
                .singleElement()
                .satisfies(skipped -> assertThat(skipped.reason()).contains("not damaged"));
    }

    @Test
    void entriesWithoutSumsAreRestoredWhenTheirBytesWereRead() throws Exception {
        bench.work("Sales", 3, 1);
        bench.backUp(BackupType.FULL, 2);
        Map<Long, Long> pages = bench.pages("Sales");
        loseEntries();
        EntriesReport planned = rebuild(bench.engine(), new RebuildRequest(null, false, true));
        assertThat(planned.made()).hasSize(1);
        assertThat(keys()).as("a plan writes nothing").isEmpty();

        EntriesReport report = rebuild(bench.engine(), new RebuildRequest("Sales", false, false));

        assertThat(report.made())
                .singleElement()
                .satisfies(made -> assertThat(made.sums()).isFalse());
        assertThat(report.needsAttention()).isTrue();
        assertThatThrownBy(() -> bench.restore(PlanRequest.to(new RestoreTarget.End()), "Early"))
                .isInstanceOf(OperationFailed.class)
                .extracting(e -> ((OperationFailed) e).id())
                .hasToString("no-sums");
        assertThat(rebuild(bench.engine(), ALL).made()).hasSize(1);
        assertThat(keys()).hasSize(1);
        bench.restore(PlanRequest.to(new RestoreTarget.End()), "Copy");
        assertThat(bench.pages("Copy")).isEqualTo(pages);
    }

    @Test
    void aStripeThatIsMissingIsSaidAndHoldsUpNoOther() {
        BackupDocument broken = bench.backUp(BackupType.FULL, 3);
        BackupDocument swapped = bench.backUp(BackupType.FULL, 2);
        BackupDocument whole = bench.backUp("Größe; [x]", BackupType.FULL, false, 2);
        loseEntries();
        var store = bench.installation.store;
        store.delete(key(broken, 2)).block(Installation.SOON);
        byte[] first = store.get(key(swapped, 1)).block(Installation.SOON);
        byte[] second = store.get(key(swapped, 2)).block(Installation.SOON);
        store.put(key(swapped, 1), second).block(Installation.SOON);
        store.put(key(swapped, 2), first).block(Installation.SOON);

        EntriesReport report = rebuild(bench.engine(), ALL);

        assertThat(report.made()).extracting(EntriesReport.Made::backupId).containsExactly(whole.backupId());
        assertThat(report.refused().stream().collect(Collectors.toMap(EntriesReport.Named::what, r -> r.reason())))
                .hasSize(2)
                .hasEntrySatisfying(broken.backupId(), why -> assertThat(why).contains("stripe 2 is missing"))
                .hasEntrySatisfying(swapped.backupId(), why -> assertThat(why).contains("stripe 1"));
    }

    // ---- what there was ----

    /// Two databases with fulls, differentials and logs of one to three stripes.
    private List<Moment> history() throws Exception {
        List<Moment> moments = new ArrayList<>();
        List<BackupType> types = List.of(
                BackupType.FULL,
                BackupType.LOG,
                BackupType.DIFFERENTIAL,
                BackupType.LOG,
                BackupType.LOG,
                BackupType.DIFFERENTIAL,
                BackupType.FULL,
                BackupType.LOG,
                BackupType.LOG);
        for (BackupType type : types) {
            for (String database : List.of("Sales", "Größe; [x]")) {
                bench.later(Duration.ofSeconds(10));
                bench.backUp(database, type, false, 1 + random.nextInt(3));
                bench.later(Duration.ofSeconds(10));
                bench.work(database, 1 + random.nextInt(5), random.nextLong(1_000));
                moments.add(new Moment(database, bench.now().plusSeconds(5), bench.pages(database)));
                bench.later(Duration.ofSeconds(10));
            }
        }
        bench.later(Duration.ofSeconds(10));
        bench.work("Sales", 1, 7);
        bench.work("Größe; [x]", 1, 8);
        bench.later(Duration.ofSeconds(10));
        bench.backUp("Sales", BackupType.LOG, false, 2);
        bench.backUp("Größe; [x]", BackupType.LOG, false, 1);
        return moments;
    }

    private void restoreAll(List<Moment> moments, boolean unconfirmedToo) {
        for (int i = 0; i < 6; i++) {
            Moment moment = moments.get(random.nextInt(moments.size()));
            Inventory inventory =
                    bench.engine().inventory(moment.database(), null).block(Installation.SOON);
            PlanRequest wanted = PlanRequest.to(
                    new RestoreTarget.At(moment.when(), inventory.time().stopAt(moment.when())));
            var planning = new Planner(inventory.backups()).plan(unconfirmedToo ? wanted.withUnconfirmed() : wanted);
            assertThat(planning).isInstanceOf(RestorePlan.class);
            bench.restore(RestoreRequest.of(
                    (RestorePlan) planning, inventory.documents(), "Then" + i, Map.of(), RestoreRequest.Existing.KEEP));
            assertThat(bench.pages("Then" + i)).as("%s", moment.when()).isEqualTo(moment.pages());
        }
    }

    private static void assertSame(BackupDocument rebuilt, BackupDocument before) {
        assertThat(rebuilt.origin()).isEqualTo(Origin.REBUILT);
        assertThat(rebuilt.sumsFrom()).isEqualTo(SumsOrigin.READING);
        assertThat(rebuilt.verdict().outcome()).isEqualTo(Outcome.GOOD);
        assertThat(rebuilt.database()).isEqualTo(before.database());
        assertThat(rebuilt.type()).isEqualTo(before.type());
        assertThat(rebuilt.copyOnly()).isEqualTo(before.copyOnly());
        assertThat(rebuilt.startedAt()).isEqualTo(before.startedAt());
        assertThat(rebuilt.firstLsn()).isEqualTo(before.firstLsn());
        assertThat(rebuilt.lastLsn()).isEqualTo(before.lastLsn());
        assertThat(rebuilt.history()).isEqualTo(before.history());
        assertThat(rebuilt.stream()).isEqualTo(before.stream());
        assertThat(rebuilt.files()).isEqualTo(before.files());
        assertThat(rebuilt.bytes()).isEqualTo(before.bytes());
        assertThat(segments(rebuilt)).isEqualTo(segments(before));
    }

    private static List<List<Object>> segments(BackupDocument document) {
        return document.stripes().stream()
                .flatMap(stripe -> stripe.segments().stream())
                .map(segment -> List.<Object>of(segment.key(), segment.bytes(), String.valueOf(segment.crc32c())))
                .toList();
    }

    /// By what is in the bucket: differentials leave no trace, and the last log backup none yet.
    private static boolean isProvable(BackupDocument backup, Map<String, BackupDocument> all) {
        return switch (backup.type()) {
            case DIFFERENTIAL -> false;
            case FULL -> true;
            case LOG ->
                backup.firstLsn().compareTo(backup.lastLsn()) < 0
                        && all.values().stream()
                                .anyMatch(other -> other.type() == BackupType.LOG
                                        && other.database().equals(backup.database())
                                        && other.firstLsn().equals(backup.lastLsn()));
        };
    }

    // ---- the bucket ----

    private Catalog catalog() {
        return bench.engine().environment().catalog();
    }

    private List<CatalogKey> keys() {
        return catalog().list().collectList().block(Installation.SOON);
    }

    private Map<String, BackupDocument> documents() {
        return catalog()
                .list()
                .concatMap(key -> catalog().read(key).onErrorResume(CatalogException.class, _ -> Mono.empty()))
                .collectMap(BackupDocument::backupId)
                .block(Installation.SOON);
    }

    private void damage(CatalogKey key) {
        bench.installation.store.put(key.key(), GARBAGE).block(Installation.SOON);
    }

    /// Puts a damaged entry of the same backup beside one: by its key it began at another time.
    private CatalogKey beside(CatalogKey key) {
        String name = key.key().substring(key.key().lastIndexOf('/') + 1);
        String moved = key.key().replace(name, name.replaceFirst("^[0-9]{4}", "2000"));
        bench.installation.store.put(moved, GARBAGE).block(Installation.SOON);
        return keys().stream()
                .filter(one -> one.key().equals(moved))
                .findFirst()
                .orElseThrow();
    }

    /// With a rule that removes whatever nothing protects.
    private PruneReport prune() {
        return bench.engine()
                .prune(new PruneRequest(
                        "Sales", (backups, now) -> RetentionRule.decide(backups, new KeepRule(1, null), now), false))
                .block(Installation.SOON);
    }

    private void loseEntries() {
        keys().forEach(key -> catalog().delete(key).block(Installation.SOON));
    }

    private static String key(BackupDocument backup, int stripe) {
        return backup.stripes().get(stripe - 1).segments().getFirst().key();
    }

    private static EntriesReport rebuild(Engine engine, RebuildRequest request) {
        return engine.rebuild(request).block(Installation.SOON);
    }

    private Engine withoutServer() {
        Environment env = bench.engine().environment();
        return new Engine(new Environment(
                env.identity(),
                new SqlServer("jdbc:sqlserver://127.0.0.1:1;loginTimeout=1", "sa", "none"),
                env.deviceSets(),
                env.store(),
                env.catalog(),
                env.budget(),
                env.transfer(),
                env.version()));
    }
}
