package dev.sluice.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.catalog.SetFacts;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.StreamInspector;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Chains that real SQL Servers wrote, planned from what their streams say, in no particular order.
class RealChainsTest {

    private static final Path DATA = Path.of(System.getProperty("sluice.data", "../../../shared/data"));
    private static final ServerTime UTC = ServerTime.stated(ZoneOffset.UTC);

    /// By set GUID, which is what [BackupFacts] takes for the id.
    private static final Map<String, String> NAMES = new HashMap<>();

    @BeforeAll
    static void needsTheFiles() {
        assumeThat(DATA)
                .as("real backups are read from %s (-Dsluice.data=DIR), which is absent", DATA)
                .isDirectory();
    }

    private static List<Backup> read(String folder, String... leftOut) throws IOException {
        Map<String, Map<String, Object>> rows = new HashMap<>();
        Map<String, Set<Integer>> present = new HashMap<>();
        List<Path> files;
        try (Stream<Path> all = Files.walk(DATA.resolve(folder))) {
            files = new ArrayList<>(all.filter(file -> file.toString().matches(".*\\.(bak|trn)"))
                    .filter(file -> !Set.of(leftOut).contains(file.getFileName().toString()))
                    .toList());
        }
        Collections.shuffle(files, new Random(42));
        for (Path file : files) {
            StreamInspector inspector = StreamInspector.structureOnly();
            inspector.update(MemorySegment.ofArray(Files.readAllBytes(file)));
            Inspection.Inspected known = (Inspection.Inspected) inspector.report();
            Map<String, Object> row = StreamFacts.of(known);
            String set = row.get("backup_set_uuid").toString();
            rows.put(set, row);
            present.computeIfAbsent(set, _ -> new TreeSet<>()).add(known.media().family());
            NAMES.put(set, file.getFileName().toString());
        }
        List<Backup> backups = new ArrayList<>();
        rows.forEach((set, row) -> {
            Backup backup = BackupFacts.of(SetFacts.of(row), new Backup.Place.Stored(), UTC)
                    .orElseThrow();
            Set<Integer> missing = new HashSet<>(
                    IntStream.rangeClosed(1, backup.stripes()).boxed().toList());
            missing.removeAll(present.get(set));
            backups.add(backup.without(missing));
        });
        return backups;
    }

    private static Planning plan(List<Backup> backups, RestoreTarget target) {
        return new Planner(backups).plan(PlanRequest.to(target));
    }

    private static List<String> names(Planning planning) {
        assertThat(planning).isInstanceOf(RestorePlan.class);
        return ((RestorePlan) planning)
                .backups().stream().map(backup -> NAMES.get(backup.id())).toList();
    }

    private static RestoreTarget at(String local) {
        LocalDateTime time = LocalDateTime.parse(local);
        return new RestoreTarget.At(time.toInstant(ZoneOffset.UTC), time);
    }

    @Test
    void theWholeChainIsFoundFromItsShuffledFiles() throws Exception {
        List<Backup> chain = read("chain-2016");

        assertThat(chain).hasSize(8);
        assertThat(names(plan(chain, new RestoreTarget.End())))
                .containsExactly(
                        "RestoreTimeClean.bak",
                        "RestoreTimeClean2.bak",
                        "RestoreTimeClean2_1.trn",
                        "RestoreTimeClean2_2.trn",
                        "RestoreTimeClean2_3.trn");
        assertThat(new Planner(chain).report()).satisfies(report -> {
            assertThat(report.findings()).isEmpty();
            assertThat(report.windows()).singleElement().satisfies(window -> {
                assertThat(window.firstLsn()).isEqualTo(Lsn.parse("39:518:1"));
                assertThat(window.lastLsn()).isEqualTo(Lsn.parse("39:642:1"));
            });
        });
    }

    @Test
    void anInstantBeforeTheDifferentialUsesTheLogsBehindTheFull() throws Exception {
        assertThat(names(plan(read("chain-2016"), at("2019-05-02T21:12:00"))))
                .containsExactly(
                        "RestoreTimeClean.bak",
                        "RestoreTimeClean_1.trn",
                        "RestoreTimeClean_2.trn",
                        "RestoreTimeClean_3.trn");
    }

    @Test
    void withoutTheDifferentialAllSixLogsAreNeeded() throws Exception {
        assertThat(names(plan(read("chain-2016", "RestoreTimeClean2.bak"), new RestoreTarget.End())))
                .containsExactly(
                        "RestoreTimeClean.bak",
                        "RestoreTimeClean_1.trn",
                        "RestoreTimeClean_2.trn",
                        "RestoreTimeClean_3.trn",
                        "RestoreTimeClean2_1.trn",
                        "RestoreTimeClean2_2.trn",
                        "RestoreTimeClean2_3.trn");
    }

    @Test
    void aLogTakenOutIsAGapWithItsTwoLsns() throws Exception {
        ChainReport report = new Planner(read("chain-2016", "RestoreTimeClean2_2.trn")).report();

        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(((PlanFinding.Gap) finding).from()).isEqualTo(Lsn.parse("39:608:1"));
            assertThat(((PlanFinding.Gap) finding).to()).isEqualTo(Lsn.parse("39:625:1"));
        });
    }

    @Test
    void twoStripesAreOneBackupAndOneAloneIsNone() throws Exception {
        List<Backup> whole = read("striped-2008r2");

        assertThat(((RestorePlan) plan(whole, new RestoreTarget.End())).backups())
                .extracting(Backup::kind)
                .containsExactly(Backup.Kind.FULL, Backup.Kind.LOG);
        assertThat(plan(read("striped-2008r2", "RestoreTimeStripe1.bak"), new RestoreTarget.End()))
                .isInstanceOfSatisfying(
                        Planning.Unreachable.class, no -> assertThat(no.why()).contains("stripe 2 of 2 is missing"));
    }

    @Test
    void twoDatabasesInOneFolderAreKeptApart() throws Exception {
        List<Backup> both = read("checksum-2008r2");

        assertThat(names(plan(both, new RestoreTarget.Through(id(both, "SQL2008_db2_DIFF_20170518_041819.bak")))))
                .containsExactly("SQL2008_db2_FULL_20170518_041738.bak", "SQL2008_db2_DIFF_20170518_041819.bak");
        assertThat(plan(both, new RestoreTarget.Through(id(both, "SQL2008_db1_DIFF_20170518_041819.bak"))))
                .isInstanceOfSatisfying(
                        Planning.Unreachable.class, no -> assertThat(no.why()).contains("is not there"));
    }

    private static String id(List<Backup> backups, String file) {
        return backups.stream()
                .map(Backup::id)
                .filter(set -> file.equals(NAMES.get(set)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void everyOrderOfTheFilesGivesTheSamePlan() throws Exception {
        List<Backup> chain = new ArrayList<>(read("chain-2016"));
        List<String> expected = names(plan(chain, new RestoreTarget.End()));

        for (int seed = 0; seed < 50; seed++) {
            Collections.shuffle(chain, new Random(seed));
            assertThat(names(plan(chain, new RestoreTarget.End()))).isEqualTo(expected);
        }
    }
}
