package dev.sluice.catalog;

import static dev.sluice.catalog.TestBucket.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.VerificationDocument.Outcome;
import dev.sluice.s3.S3Store;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class VerificationsTest {

    private static final String ONE = "01JD8Z7QK4V3M9T2X5R6W8Y0ZA";
    private static final String OTHER = "01JD8Z7QK4V3M9T2X5R6W8Y0ZB";
    private static final Instant NOW = Instant.parse("2026-03-02T10:00:00.1234567Z");

    private final S3Store store = TestBucket.store();
    private final Catalog catalog = new Catalog(store, new Keys("test"));
    private final Verifications verifications = catalog.verifications();
    private final List<CatalogException> unreadable = new CopyOnWriteArrayList<>();

    static VerificationDocument damaged() {
        return verification(ONE, NOW, Outcome.DAMAGED, List.of("stripe 1: a byte differs"));
    }

    private static VerificationDocument verification(
            String backupId, Instant finishedAt, Outcome outcome, List<String> problems) {
        return new VerificationDocument(
                "9.9",
                backupId,
                "Sales",
                NOW.minusSeconds(60),
                finishedAt,
                outcome,
                1L << 40,
                "WHOLE",
                12,
                problems,
                List.of("a remark"));
    }

    @Test
    void whatWasFoundIsKnownByItsKeyAndReadWhole() {
        VerificationKey written = await(verifications.write(damaged()));
        await(verifications.write(verification(ONE, NOW.minusSeconds(5), Outcome.SOUND, List.of())));
        await(verifications.write(verification(OTHER, NOW, Outcome.SOUND, List.of())));

        List<VerificationKey> ofOne = await(verifications.of("Sales", ONE).collectList());

        assertThat(ofOne).extracting(VerificationKey::isSound).containsExactly(true, false);
        assertThat(ofOne).extracting(VerificationKey::finishedAt).containsExactly(NOW.minusSeconds(5), NOW);
        assertThat(ofOne.getLast()).isEqualTo(written);
        assertThat(await(verifications.read(written, unreadable::add))).isEqualTo(damaged());
        assertThat(await(verifications.list("Sales").collectList())).hasSize(3);
        assertThat(await(verifications.list().collectList())).hasSize(3);
        assertThat(await(verifications.list("Other").collectList())).isEmpty();

        await(verifications.delete(written).thenReturn(true));
        assertThat(await(verifications.of("Sales", ONE).collectList())).hasSize(1);
        assertThat(unreadable).isEmpty();
    }

    /// A clock may count in nanoseconds, and a key does not.
    @Test
    void theTimeIsAsExactAsTheKey() {
        VerificationDocument exact = verification(ONE, NOW.plusNanos(1), Outcome.SOUND, List.of());

        VerificationKey written = await(verifications.write(exact));

        assertThat(written.finishedAt()).isEqualTo(NOW);
        assertThat(await(verifications.of("Sales", ONE).collectList())).containsExactly(written);
        assertThat(await(verifications.read(written, unreadable::add)).finishedAt())
                .isEqualTo(NOW);
    }

    @Test
    void whatIsTooLongIsCutSoThatItCanBeReadAgain() {
        List<String> many =
                IntStream.range(0, 5_000).mapToObj(_ -> "x".repeat(9_000)).toList();
        VerificationKey written = await(verifications.write(verification(ONE, NOW, Outcome.DAMAGED, many)));

        VerificationDocument read = await(verifications.read(written, unreadable::add));

        assertThat(unreadable).isEmpty();
        assertThat(read.problems())
                .hasSize(100)
                .allSatisfy(text -> assertThat(text).endsWith("…"));
    }

    /// Of a newer minor version a reader ignores what it does not know; of a newer major version it reads
    /// nothing.
    @Test
    void newerVersionsAreReadAsFarAsTheyMayBe() {
        VerificationKey key = await(verifications.write(damaged()));
        String json = new String(await(store.get(key.key())), StandardCharsets.UTF_8);

        put(key, json.replace("\"schemaMinor\" : 0,", "\"schemaMinor\" : 1, \"mood\" : \"good\","));
        assertThat(await(verifications.read(key, unreadable::add))).isEqualTo(damaged());

        put(key, json.replace("\"schemaVersion\" : 2", "\"schemaVersion\" : 3"));
        assertThat(verifications.read(key, unreadable::add).blockOptional(TestBucket.PROMPTLY))
                .isEmpty();
        put(key, json.replace("DAMAGED", "SOUND"));
        assertThat(verifications.read(key, unreadable::add).blockOptional(TestBucket.PROMPTLY))
                .isEmpty();
        assertThat(unreadable).hasSize(2);
        assertThat(unreadable.getFirst()).hasMessageContaining("by Sluice 9.9");
    }

    private void put(VerificationKey key, String json) {
        await(store.put(key.key(), json.getBytes(StandardCharsets.UTF_8)).thenReturn(true));
    }

    /// Programs that do not know them list entries, pending documents, removals and data, and see none of it.
    @Test
    void theyAreNoBackups() {
        await(verifications.write(damaged()));

        assertThat(await(catalog.list().collectList())).isEmpty();
        assertThat(await(catalog.pendingIds().collectList())).isEmpty();
        assertThat(await(catalog.removals(unreadable::add).collectList())).isEmpty();
        assertThat(await(store.list(catalog.keys().data()).collectList())).isEmpty();
        assertThat(unreadable).isEmpty();
    }

    @Test
    void otherObjectsInTheDirectoryArePassedOver() {
        await(store.put("test/verifications/db-0/readme.json", new byte[1]).thenReturn(true));
        await(store.put("test/verifications/db-0/" + ONE + "_20260302T100000.1234567Z_odd.json", new byte[1])
                .thenReturn(true));

        assertThat(await(verifications.list().collectList())).isEmpty();
    }
}
