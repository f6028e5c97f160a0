package dev.sluice.catalog;

import static dev.sluice.catalog.TestBucket.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.DrillDocument.Outcome;
import dev.sluice.s3.S3Store;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DrillsTest {

    private static final String DRILL = "01JD8Z7QK4V3M9T2X5R6W8Y0ZA";
    private static final String LATER = "01JD8Z7QK4V3M9T2X5R6W8Y0ZB";
    private static final String FULL = "01JD8Z7QK4V3M9T2X5R6W8Y0ZC";
    private static final String LOG = "01JD8Z7QK4V3M9T2X5R6W8Y0ZD";
    private static final Instant NOW = Instant.parse("2026-03-02T10:00:00.1234567Z");

    private final S3Store store = TestBucket.store();
    private final Catalog catalog = new Catalog(store, new Keys("test"));
    private final Drills drills = catalog.drills();
    private final List<CatalogException> unreadable = new CopyOnWriteArrayList<>();

    static ScratchNote note() {
        return new ScratchNote(
                DRILL,
                "Sales",
                "sluice-prove-" + DRILL,
                new ServerIdentity("SQL1", "SQL1", null, List.of()),
                "2026-03-02T10:00:00.003",
                null);
    }

    static DrillDocument unsound() {
        return new DrillDocument(
                DRILL,
                "Sales",
                List.of(FULL, LOG),
                "2026-03-01T00:00:00Z",
                -42L,
                "jdbc:sqlserver://localhost",
                NOW,
                NOW.plusSeconds(60),
                Outcome.UNSOUND,
                "checkdb",
                "database-damaged",
                "error 8939",
                List.of("one"));
    }

    private static DrillDocument unplanned() {
        return new DrillDocument(
                LATER,
                "Sales",
                List.of(),
                "end",
                null,
                "jdbc:sqlserver://localhost",
                NOW,
                NOW.plusSeconds(90),
                Outcome.UNSOUND,
                "plan",
                "unreachable",
                "no full backup",
                List.of());
    }

    @Test
    void aNoteIsRewrittenWithTheTimeOfTheCreationAndDeleted() {
        await(drills.writeNote(note()).thenReturn(true));
        await(drills.writeNote(note().created("2026-03-02T10:00:01")).thenReturn(true));

        assertThat(await(drills.notes(unreadable::add).collectList()))
                .containsExactly(note().created("2026-03-02T10:00:01"));

        await(drills.deleteNote(DRILL).thenReturn(true));
        assertThat(await(drills.notes(unreadable::add).collectList())).isEmpty();
        assertThat(unreadable).isEmpty();
    }

    @Test
    void aNoteThatIsDamagedOrAboutAnotherDatabaseIsNamedAndHidesNoOther() {
        await(drills.writeNote(note()).thenReturn(true));
        String copied = new String(await(store.get("test/scratch/" + DRILL + ".json")), StandardCharsets.UTF_8);
        await(store.put("test/scratch/" + LATER + ".json", copied.getBytes(StandardCharsets.UTF_8))
                .thenReturn(true));
        await(store.put("test/scratch/" + FULL + ".json", "{".getBytes(StandardCharsets.UTF_8))
                .thenReturn(true));
        await(store.put(
                        "test/scratch/" + LOG + ".json",
                        copied.replace("sluice-prove-" + DRILL, "Sales")
                                .replace(DRILL, LOG)
                                .getBytes(StandardCharsets.UTF_8))
                .thenReturn(true));

        assertThat(await(drills.notes(unreadable::add).collectList())).containsExactly(note());
        assertThat(unreadable)
                .hasSize(3)
                .allSatisfy(e -> assertThat(e.isOfDamage()).isTrue());
    }

    @Test
    void whatADrillFoundOutIsKnownByItsKeyAndReadWhole() {
        await(drills.write(unplanned()).thenReturn(true));
        await(drills.write(unsound()).thenReturn(true));

        List<DrillKey> listed = await(drills.list("Sales", unreadable::add).collectList());

        assertThat(listed).extracting(DrillKey::drillId).containsExactly(DRILL, LATER);
        assertThat(listed).extracting(DrillKey::base).containsExactly(FULL, null);
        assertThat(listed.getFirst().outcome()).isEqualTo(Outcome.UNSOUND);
        assertThat(listed.getFirst().finishedAt()).isEqualTo(unsound().finishedAt());
        assertThat(await(drills.read(listed.getFirst(), unreadable::add))).isEqualTo(unsound());
        assertThat(await(drills.read(listed.getLast(), unreadable::add))).isEqualTo(unplanned());
        assertThat(await(drills.list("Other", unreadable::add).collectList())).isEmpty();
        assertThat(unreadable).isEmpty();
    }

    /// Of a newer minor version a reader ignores what it does not know; of a newer major version it reads nothing.
    @Test
    void newerVersionsAreReadAsFarAsTheyMayBe() {
        await(drills.write(unsound()).thenReturn(true));
        DrillKey key = await(drills.list("Sales", unreadable::add).next());
        String json = new String(await(store.get(key.key())), StandardCharsets.UTF_8);

        put(key, json.replace("\"schemaMinor\" : 0,", "\"schemaMinor\" : 1, \"mood\" : \"good\","));
        assertThat(await(drills.read(key, unreadable::add))).isEqualTo(unsound());

        put(key, json.replace("\"schemaVersion\" : 2", "\"schemaVersion\" : 3"));
        assertThat(drills.read(key, unreadable::add).blockOptional(TestBucket.PROMPTLY))
                .isEmpty();
        put(key, json.replace("UNSOUND", "SOUND"));
        assertThat(drills.read(key, unreadable::add).blockOptional(TestBucket.PROMPTLY))
                .isEmpty();
        assertThat(unreadable).hasSize(2);
    }

    private void put(DrillKey key, String json) {
        await(store.put(key.key(), json.getBytes(StandardCharsets.UTF_8)).thenReturn(true));
    }

    /// Programs that do not know them list entries, pending documents, removals and data, and see none of it.
    @Test
    void theyAreNoBackups() {
        await(drills.writeNote(note()).thenReturn(true));
        await(drills.write(unsound()).thenReturn(true));

        assertThat(await(catalog.list().collectList())).isEmpty();
        assertThat(await(catalog.pendingIds().collectList())).isEmpty();
        assertThat(await(catalog.removals(unreadable::add).collectList())).isEmpty();
        assertThat(await(store.list(catalog.keys().data()).collectList())).isEmpty();
        assertThat(unreadable).isEmpty();
    }
}
