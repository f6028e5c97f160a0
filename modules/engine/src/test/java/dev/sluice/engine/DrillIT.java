package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.DrillDocument;
import dev.sluice.catalog.DrillDocument.Outcome;
import dev.sluice.catalog.DrillKey;
import dev.sluice.catalog.Drills;
import dev.sluice.catalog.ScratchNote;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.engine.backup.Encryption;
import dev.sluice.engine.prove.DrillObserver;
import dev.sluice.engine.prove.DrillResult;
import dev.sluice.engine.prove.DrillStep;
import dev.sluice.engine.prove.ProveOrder;
import dev.sluice.engine.recovery.Leftover;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.ScratchName;
import dev.sluice.engine.sql.ServerDatabases;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Restore drills: what they find, which step finds it, and that nothing is left behind or dropped that is not
/// theirs.
@Timeout(300)
class DrillIT {

    private static final String DRILL = "01JD8Z7QK4V3M9T2X5R6W8Y0ZA";

    @TempDir
    Path directory;

    private RestoreBench bench;
    private Drills drills;

    @BeforeEach
    void start() throws Exception {
        bench = RestoreBench.start(directory, 4 << 20);
        drills = bench.engine().environment().catalog().drills();
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    /// Remembers the steps, and does something when one begins.
    private static class Steps implements DrillObserver {
        final List<DrillStep> begun = new ArrayList<>();
        final List<Leftover> found = new ArrayList<>();
        Instant drawn = Instant.EPOCH;

        @Override
        public void began(DrillStep step) {
            begun.add(step);
        }

        @Override
        public void drawn(Instant instant, long seed) {
            drawn = instant;
        }

        @Override
        public void found(Leftover leftover) {
            found.add(leftover);
        }
    }

    private DrillResult prove(ProveOrder order, DrillObserver observer) {
        return bench.engine().prove(order, observer).block(Installation.SOON);
    }

    private DrillResult prove() {
        return prove(ProveOrder.of("Sales"), DrillObserver.SILENT);
    }

    private List<DrillKey> listed() {
        return drills.list("Sales", e -> {
                    throw e;
                })
                .collectList()
                .block(Installation.SOON);
    }

    private List<String> scratchDatabases() {
        return scratchDatabases(bench.engine().environment().server());
    }

    private static List<String> scratchDatabases(SqlServer server) {
        try (SqlSession session = server.connect()) {
            return session.query("SELECT name FROM sys.databases").stream()
                    .map(row -> row.text("name"))
                    .filter(ScratchName::is)
                    .toList();
        }
    }

    private List<ScratchNote> notes() {
        return drills.notes(e -> {
                    throw e;
                })
                .collectList()
                .block(Installation.SOON);
    }

    private void nothingIsLeft() {
        assertThat(scratchDatabases()).isEmpty();
        assertThat(notes()).isEmpty();
    }

    private BackupDocument full() throws Exception {
        BackupDocument full = bench.backUp(BackupType.FULL, 2);
        bench.later(Duration.ofMinutes(10));
        bench.work("Sales", 5, 1);
        bench.later(Duration.ofMinutes(10));
        bench.backUp(BackupType.LOG, 1);
        return full;
    }

    private Path object(BackupDocument backup) {
        return directory
                .resolve("sluice")
                .resolve("test/"
                        + backup.stripes().getFirst().segments().getFirst().key());
    }

    /// The drill found something, at this step, and told it in the bucket; the scratch database is gone.
    private DrillDocument found(DrillResult result, DrillStep step, FailureId id, Outcome outcome) {
        assertThat(result.failure()).isNotNull();
        assertThat(result.failure().id()).isEqualTo(id);
        assertThat(result.failure().where()).startsWith("step " + step.text());
        assertThatThrownBy(result::requireSound).isSameAs(result.failure());
        DrillDocument stored = drills.read(listed().getLast(), e -> {
                    throw e;
                })
                .block(Installation.SOON);
        assertThat(stored).isEqualTo(result.document());
        assertThat(stored.outcome()).isEqualTo(outcome);
        assertThat(stored.step()).isEqualTo(step.text());
        assertThat(stored.failure()).isEqualTo(id.text());
        nothingIsLeft();
        return stored;
    }

    // ---- sound ----

    @Test
    void aSoundChainIsRestoredCheckedComparedAndDropped() throws Exception {
        BackupDocument full = full();
        Steps steps = new Steps();

        DrillResult result = prove(ProveOrder.of("Sales"), steps);

        assertThat(result.failure()).isNull();
        assertThat(result.left()).isEmpty();
        assertThat(steps.begun)
                .containsExactly(
                        DrillStep.PLAN,
                        DrillStep.REQUIREMENTS,
                        DrillStep.SPACE,
                        DrillStep.NOTE,
                        DrillStep.RESTORE,
                        DrillStep.CHECKDB,
                        DrillStep.COMPARE,
                        DrillStep.DROP);
        assertThat(result.document().checks())
                .anyMatch(check -> check.startsWith("2 backups restored"))
                .anyMatch(check -> check.contains("CHECKDB"))
                .anyMatch(check -> check.startsWith("rolled forward to LSN"))
                .anyMatch(check -> check.startsWith("last backup set"))
                .anyMatch(check -> check.equals("sys.objects has 64 rows; that of Sales has 64 now"))
                .contains("2 files", "pages carry checksums");
        DrillKey key = listed().getFirst();
        assertThat(key.outcome()).isEqualTo(Outcome.SOUND);
        assertThat(key.base()).isEqualTo(full.backupId());
        assertThat(result.document().backups()).hasSize(2);
        assertThat(drills.read(key, e -> {}).block(Installation.SOON)).isEqualTo(result.document());
        nothingIsLeft();
    }

    @Test
    void theSameSeedDrawsTheSameInstantOfTheWindow() throws Exception {
        full();
        bench.later(Duration.ofMinutes(5));
        bench.work("Sales", 5, 2);
        bench.later(Duration.ofMinutes(5));
        bench.backUp(BackupType.LOG, 1);
        Instant end = bench.now();
        Steps first = new Steps();
        Steps again = new Steps();
        Steps other = new Steps();

        DrillResult result = prove(ProveOrder.of("Sales").to(new ProveOrder.Point.Random(7)), first);
        prove(ProveOrder.of("Sales").to(new ProveOrder.Point.Random(7)), again);
        prove(ProveOrder.of("Sales").to(new ProveOrder.Point.Random(8)), other);

        assertThat(result.failure()).isNull();
        assertThat(first.drawn).isEqualTo(again.drawn).isNotEqualTo(other.drawn).isBefore(end);
        assertThat(first.drawn).isAfterOrEqualTo(Instant.parse("2026-03-02T10:00:00Z"));
        assertThat(result.document().seed()).isEqualTo(7);
        assertThat(result.document().point()).isEqualTo(first.drawn.toString());
    }

    @Test
    void anotherServerRestoresThem() throws Exception {
        full();
        try (SimulatedServer other = SimulatedServer.start(ServerOptions.of(bench.installation.vdi)
                .withServerName("OTHER")
                .withClock(bench::now, ZoneOffset.UTC))) {
            SqlServer login = new SqlServer(other.jdbcUrl(), "sa", bench.installation.password());

            DrillResult result = prove(ProveOrder.of("Sales").on(login), DrillObserver.SILENT);

            assertThat(result.failure()).isNull();
            assertThat(result.document().server()).isEqualTo(login.address());
            assertThat(scratchDatabases(login)).isEmpty();
            nothingIsLeft();
        }
    }

    // ---- what it finds ----

    @Test
    void aChangedByteIsFoundByTheRestore() throws Exception {
        Path file = object(full());
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);

        DrillDocument document = found(prove(), DrillStep.RESTORE, FailureId.CORRUPT_OBJECT, Outcome.UNSOUND);
        assertThat(document.backups()).hasSize(2);
    }

    @Test
    void aMissingObjectIsFoundByTheRequirements() throws Exception {
        BackupDocument full = full();
        DrillObserver deleting = new Steps() {
            @Override
            public void began(DrillStep step) {
                if (step == DrillStep.REQUIREMENTS) {
                    bench.installation
                            .store
                            .delete(full.stripes()
                                    .getFirst()
                                    .segments()
                                    .getFirst()
                                    .key())
                            .block(Installation.SOON);
                }
            }
        };

        found(
                prove(ProveOrder.of("Sales"), deleting),
                DrillStep.REQUIREMENTS,
                FailureId.OBJECT_MISSING,
                Outcome.UNSOUND);
        // From then on the plan knows it.
        found(prove(), DrillStep.PLAN, FailureId.UNREACHABLE, Outcome.UNSOUND);
    }

    /// The full backup alone can be restored, and is not the end.
    @Test
    void aMissingObjectOfTheLastLogIsFoundByThePlan() throws Exception {
        full();
        bench.later(Duration.ofMinutes(5));
        bench.work("Sales", 5, 2);
        Files.delete(object(bench.backUp(BackupType.LOG, 1)));

        DrillDocument document = found(prove(), DrillStep.PLAN, FailureId.OBJECT_MISSING, Outcome.UNSOUND);
        assertThat(document.what()).contains("stripe 1 of 1 is missing");
    }

    @Test
    void aDamagedPageIsFoundByCheckdb() throws Exception {
        bench.sql("EXEC sluice_damage_page @database = N'Sales', @page = 5");
        bench.backUp(BackupType.FULL, 2);

        DrillDocument document = found(prove(), DrillStep.CHECKDB, FailureId.DATABASE_DAMAGED, Outcome.UNSOUND);
        assertThat(document.what()).contains("(1:5)");
    }

    @Test
    void aMissingCertificateIsFoundByTheRequirements() throws Exception {
        bench.sql(
                "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Secret!1'; CREATE CERTIFICATE Backups WITH SUBJECT = 's'");
        var plain = Installation.request("Sales", BackupType.FULL, false, 1);
        bench.installation.backup(plain.withOptions(
                plain.options().withEncryption(new Encryption(Encryption.Algorithm.AES_256, "Backups"))));
        assertThat(prove().failure()).isNull();

        bench.sql("DROP CERTIFICATE Backups");

        found(prove(), DrillStep.REQUIREMENTS, FailureId.CERTIFICATE_MISSING, Outcome.UNSOUND);
    }

    @Test
    void aChainThatCannotBeRestoredIsFoundByThePlan() throws Exception {
        BackupDocument full = full();
        CatalogKey entry = bench.engine()
                .environment()
                .catalog()
                .list("Sales")
                .filter(key -> key.backupId().equals(full.backupId()))
                .next()
                .block(Installation.SOON);
        bench.engine().environment().catalog().delete(entry).block(Installation.SOON);

        DrillDocument document = found(prove(), DrillStep.PLAN, FailureId.UNREACHABLE, Outcome.UNSOUND);
        assertThat(document.base()).isNull();

        // One such document is enough.
        prove();
        assertThat(listed()).hasSize(1);
    }

    @Test
    void aFullDiskIsFoundBeforeTheRestoreAndSaysNothingAgainstTheBackups() throws Exception {
        full();
        bench.sql("EXEC sluice_volume @bytes = 1000000");

        found(prove(), DrillStep.SPACE, FailureId.NO_SPACE, Outcome.UNPROVEN);
    }

    @Test
    void aDiskThatIsFullAfterTheCheckIsFoundByTheRestore() throws Exception {
        full();
        DrillObserver filling = new Steps() {
            private boolean restoring;

            @Override
            public void began(DrillStep step) {
                restoring = step == DrillStep.RESTORE;
            }

            @Override
            public void checked(RestoreCheck check) {
                if (restoring) {
                    bench.installation.sql("EXEC sluice_volume @bytes = 1000000");
                }
            }
        };

        DrillDocument document =
                found(prove(ProveOrder.of("Sales"), filling), DrillStep.RESTORE, FailureId.NO_SPACE, Outcome.UNPROVEN);
        assertThat(document.what()).contains("Msg 3257", "are free");
    }

    @Test
    void whatIsNotAsTheBackupsSayIsFoundByTheComparison() throws Exception {
        full();
        DrillObserver meddling = new Steps() {
            @Override
            public void began(DrillStep step) {
                if (step == DrillStep.COMPARE) {
                    bench.installation.sql(
                            "DROP DATABASE [%s]".formatted(scratchDatabases().getFirst()));
                }
            }
        };

        found(prove(ProveOrder.of("Sales"), meddling), DrillStep.COMPARE, FailureId.RESTORED_DIFFERS, Outcome.UNSOUND);
    }

    // ---- what says nothing about the backups ----

    @Test
    void aMistypedNameIsNoFinding() {
        assertThatThrownBy(() -> prove(ProveOrder.of("Nowhere"), DrillObserver.SILENT))
                .isInstanceOfSatisfying(
                        OperationFailed.class, e -> assertThat(e.id()).isEqualTo(FailureId.NO_SUCH_BACKUP));
        assertThat(bench.installation.keys()).noneMatch(key -> key.contains("drills/"));
    }

    @Test
    void thereIsOneDrillAtATimeOnAServer() throws Exception {
        full();
        try (SqlSession other = bench.engine().environment().server().connect()) {
            assertThat(AppLock.take(other, "sluice:prove")).isTrue();

            assertThatThrownBy(this::prove)
                    .isInstanceOfSatisfying(
                            OperationFailed.class, e -> assertThat(e.id()).isEqualTo(FailureId.BUSY));
        }
        assertThat(listed()).isEmpty();
    }

    @Test
    void aCancelInTheMiddleOfTheRestoreDropsTheScratchDatabase() throws Exception {
        full();
        CompletableFuture<Void> restoring = new CompletableFuture<>();
        bench.installation.sql("EXEC sluice_fault @fault = 'stall', @value = 1048576, @statement = 'restore'");
        StartedRun<DrillResult> started = bench.engine().start(ProveOrder.of("Sales"), new DrillObserver() {
            @Override
            public void streaming(String id, RunProgress progress) {
                restoring.complete(null);
            }
        });
        restoring.get(1, TimeUnit.MINUTES);
        while (notes().stream().allMatch(note -> note.created() == null)) {
            Thread.onSpinWait();
        }

        started.cancel();

        assertThatThrownBy(() -> started.result().orTimeout(1, TimeUnit.MINUTES).join())
                .isInstanceOf(CompletionException.class);
        nothingIsLeft();
        assertThat(listed()).isEmpty();
    }

    // ---- leftovers ----

    private ScratchNote note(String created) {
        try (SqlSession session = bench.engine().environment().server().connect()) {
            return new ScratchNote(
                    DRILL,
                    "Sales",
                    ScratchName.of(DRILL),
                    ServerFacts.identity(session),
                    "2026-03-02 10:00:00.000",
                    created);
        }
    }

    private void leave(ScratchNote note, boolean recovered) {
        BackupDocument full = bench.backUp(BackupType.FULL, 1);
        bench.restore(RestoreRequest.of(full, note.scratch(), false, recovered));
        drills.writeNote(note).block(Installation.SOON);
    }

    @Test
    void theNextDrillDropsWhatAnEarlierOneLeft() throws Exception {
        leave(note("2026-03-02 10:00:00.000"), true);
        Steps steps = new Steps();

        assertThat(prove(ProveOrder.of("Sales"), steps).left()).isEmpty();

        assertThat(steps.found).first().satisfies(leftover -> {
            assertThat(leftover.database()).isEqualTo(ScratchName.of(DRILL));
            assertThat(leftover.dropped()).isTrue();
        });
        nothingIsLeft();
    }

    @Test
    void recoverDropsItToo() throws Exception {
        leave(note("2026-03-02 10:00:00.000"), true);

        assertThat(bench.installation.recover().leftovers())
                .singleElement()
                .satisfies(leftover -> assertThat(leftover.dropped()).isTrue());
        nothingIsLeft();
        assertThat(bench.installation.recover().leftovers()).isEmpty();
    }

    @Test
    void anotherDatabaseOfTheNameIsLeftAloneBecauseOfItsCreationTime() throws Exception {
        leave(note("2026-03-02 09:59:59.997"), true);

        assertThat(bench.installation.recover().needsAttention()).isTrue();
        DrillResult result = prove();

        assertThat(result.failure()).isNull();
        assertThat(result.left()).singleElement().asString().contains(ScratchName.of(DRILL), "left alone");
        assertThat(scratchDatabases()).containsExactly(ScratchName.of(DRILL));
        assertThat(notes()).hasSize(1);
    }

    /// As long as the note does not say when it was created, it must be restoring, and not be older than the
    /// note.
    @Test
    void withoutACreationTimeInTheNoteOnlyWhatIsStillRestoringGoes() throws Exception {
        leave(note(null), true);
        assertThat(bench.installation.recover().leftovers())
                .singleElement()
                .satisfies(leftover -> assertThat(leftover.dropped()).isFalse());
        bench.sql("DROP DATABASE [%s]".formatted(ScratchName.of(DRILL)));

        leave(note(null), false);
        assertThat(bench.installation.recover().leftovers())
                .singleElement()
                .satisfies(leftover -> assertThat(leftover.dropped()).isTrue());
        nothingIsLeft();
    }

    @Test
    void aDatabaseWithoutANoteOrOfAnotherServersNoteIsLeftAlone() throws Exception {
        ScratchNote note = note("2026-03-02 10:00:00.000");
        leave(note, true);
        drills.writeNote(new ScratchNote(
                        note.drillId(),
                        note.database(),
                        note.scratch(),
                        new ServerIdentity("ANOTHER", "ANOTHER", null, List.of()),
                        note.notedAt(),
                        note.created()))
                .block(Installation.SOON);
        assertThat(bench.installation.recover().leftovers()).isEmpty();
        assertThat(notes()).hasSize(1);

        drills.deleteNote(DRILL).block(Installation.SOON);
        assertThat(bench.installation.recover().leftovers()).isEmpty();
        assertThat(scratchDatabases()).containsExactly(ScratchName.of(DRILL));
    }

    @Test
    void whileADrillRunsItsScratchDatabaseIsNotALeftover() throws Exception {
        leave(note("2026-03-02 10:00:00.000"), true);
        try (SqlSession other = bench.engine().environment().server().connect()) {
            assertThat(AppLock.take(other, "sluice:prove")).isTrue();
            assertThat(bench.installation.recover().leftovers()).isEmpty();
        }
        assertThat(scratchDatabases()).hasSize(1);
    }

    // ---- others ----

    @Test
    void noPolicyTakesAScratchDatabase() throws Exception {
        leave(note("2026-03-02 10:00:00.000"), true);

        assertThat(new ServerDatabases(bench.engine().environment().server()).all())
                .extracting(ServerDatabases.Listed::name)
                .contains("Sales")
                .noneMatch(ScratchName::is);
    }

    @Test
    void whatADrillFoundOutGoesWithItsBackup() throws Exception {
        BackupDocument first = full();
        prove();
        BackupDocument second = bench.backUp(BackupType.FULL, 1);
        prove();
        assertThat(listed()).extracting(DrillKey::base).containsExactly(first.backupId(), second.backupId());

        bench.engine()
                .prune(new PruneRequest(
                        "Sales",
                        (backups, now) -> backups.stream()
                                .map(backup -> new KeepDecision(
                                        backup, backup.id().equals(second.backupId()), "so it was chosen"))
                                .toList(),
                        false))
                .block(Installation.SOON);

        assertThat(listed()).extracting(DrillKey::base).containsExactly(second.backupId());
    }
}
