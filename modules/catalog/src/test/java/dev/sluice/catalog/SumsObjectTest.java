package dev.sluice.catalog;

import static dev.sluice.catalog.TestBucket.PROMPTLY;
import static dev.sluice.catalog.TestBucket.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.BackupDocument.Verdict;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.S3Store;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Sums that are too many for a document: when Sluice writes and reads them, and how it handles damage in the
/// bucket.
class SumsObjectTest {

    private RecordingServer server;
    private S3Store store;
    private Catalog catalog;
    private BackupDocument large;
    private BackupDocument small;
    private String sums;

    @BeforeEach
    void open() throws IOException {
        server = new RecordingServer();
        store = server.store();
        catalog = new Catalog(
                store,
                FrozenDocument.KEYS,
                startedAt ->
                        new ObjectOptions.Lock(ObjectOptions.LockMode.COMPLIANCE, startedAt.plus(Duration.ofDays(35))));
        BackupDocument outline = FrozenDocument.named(2, "large").backup();
        SumsObject object = outline.sums();
        sums = object.key();
        // As a run has it, which has stored nothing yet.
        large = SumsFile.attach(outline, object, new ByteArrayInputStream(FrozenDocument.sums()))
                .withSums(null);
        small = FrozenDocument.named(2, "full").backup();
    }

    @AfterEach
    void close() {
        store.close();
        server.close();
    }

    private String file(String key) {
        return key.substring(key.lastIndexOf('/') + 1);
    }

    @Test
    void areInTheBucketBeforeAnyDocumentNamesThem() {
        catalog.writePending(large).block(PROMPTLY);

        assertThat(server.names()).containsExactly("PUT " + file(sums), "PUT " + large.backupId() + ".json");
        assertThat(server.objects().get(sums)).isEqualTo(FrozenDocument.sums());
    }

    @Test
    void ofASmallBackupCostNoRequest() {
        catalog.writePending(small).block(PROMPTLY);
        CatalogKey entry = await(catalog.commit(small));
        catalog.deletePending(small.backupId()).block(PROMPTLY);

        assertThat(server.names())
                .containsExactly(
                        "PUT " + small.backupId() + ".json",
                        "PUT " + file(entry.key()),
                        "DELETE " + small.backupId() + ".json");
    }

    @Test
    void areReadOnceAndOnlyToCheckBytes() {
        CatalogKey entry = await(catalog.commit(large));
        catalog.writePending(large).block(PROMPTLY);
        server.asked();

        assertThat(await(catalog.list().collectList())).containsExactly(entry);
        BackupDocument outline = await(catalog.outline(entry));
        await(catalog.read(entry, e -> {
            throw e;
        }));
        await(catalog.stored(entry));
        await(catalog.pendings().collectList());
        await(catalog.pending(large.backupId()));
        assertThat(server.names()).noneMatch(name -> name.contains("sums-"));

        assertThat(await(catalog.whole(outline)).stripes()).isEqualTo(large.stripes());
        assertThat(server.names()).containsExactly("GET " + file(sums));
        assertThat(await(catalog.read(entry)).stripes()).isEqualTo(large.stripes());
        assertThat(server.names()).containsExactly("GET " + file(entry.key()), "GET " + file(sums));
    }

    @Test
    void ofADocumentThatIsWrittenAgainStayWhereTheyAre() {
        catalog.writePending(large).block(PROMPTLY);
        server.asked();

        BackupDocument pending = await(catalog.pending(large.backupId()));
        await(catalog.commit(pending));

        assertThat(server.names()).noneMatch(name -> name.contains("sums-"));
    }

    /// The bucket may still have an earlier document, which names the earlier sums object.
    @Test
    void ofAnotherDescriptionLieUnderAnotherName() {
        catalog.writePending(large).block(PROMPTLY);
        List<BackupDocument.Stripe> less = new ArrayList<>(large.stripes().subList(0, 1));
        catalog.writePending(large.withStripes(less)).block(PROMPTLY);

        assertThat(server.objects().keySet().stream()
                        .filter(key -> key.contains("/sums-"))
                        .toList())
                .hasSize(2)
                .contains(sums);
        assertThat(server.objects().get(sums)).isEqualTo(FrozenDocument.sums());
    }

    @Test
    void thatAreDamagedOrGoneHideNothingButThemselves() {
        CatalogKey entry = await(catalog.commit(large));
        byte[] damaged = FrozenDocument.sums();
        damaged[2_000] ^= 1;
        server.objects().put(sums, damaged);

        refused(entry, "CRC32C");
        server.objects().put(sums, new byte[3]);
        refused(entry, "it has 3 bytes");
        server.objects().remove(sums);
        refused(entry, "it is not there");

        assertThat(await(catalog.outline(entry)).bytes()).isEqualTo(large.bytes());
        CatalogKey amended = await(catalog.amend(entry, await(catalog.stored(entry))));
        assertThat(amended).isEqualTo(entry);
        assertThat(server.objects()).doesNotContainKey(sums);
    }

    private void refused(CatalogKey entry, String why) {
        assertThatThrownBy(() -> await(catalog.read(entry)))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining(sums)
                .hasMessageContaining(large.backupId())
                .hasMessageContaining(why);
    }

    @Test
    void thatAreWrittenAgainReplaceDamagedOnes() {
        server.objects().put(sums, new byte[3]);

        catalog.writePending(large).block(PROMPTLY);

        assertThat(server.objects().get(sums)).isEqualTo(FrozenDocument.sums());
    }

    @Test
    void andEntriesAreLockedAsTheDataIsAndPendingDocumentsAreNot() {
        catalog.writePending(large).block(PROMPTLY);
        CatalogKey entry = await(catalog.commit(large));
        await(catalog.amend(entry, await(catalog.stored(entry))));
        catalog.writeRemoval(large).block(PROMPTLY);

        String lock = "COMPLIANCE 2027-01-03T08:02:00.145513300Z";
        assertThat(server.asked())
                .filteredOn(request -> request.what().startsWith("PUT"))
                .allSatisfy(request -> {
                    boolean kept =
                            request.what().contains("sums-") || request.what().contains("_F_");
                    assertThat(request.lock()).as(request.what()).isEqualTo(kept ? lock : "");
                });
    }

    /// An entry of version 1, whose document holds the sums of all blocks.
    @Test
    void ofAnEntryOfVersionOneAreTakenOutWhenItIsWrittenAgain() {
        String key = FrozenDocument.KEYS.entry(large);
        server.objects().put(key, Version1Writer.write(large));
        CatalogKey entry = CatalogKey.parse(key).orElseThrow();
        assertThat(await(catalog.read(entry)).stripes()).isEqualTo(large.stripes());

        await(catalog.amend(entry, await(catalog.stored(entry))));

        assertThat(server.objects().get(sums)).isEqualTo(FrozenDocument.sums());
        assertThat(server.objects().get(key)).hasSizeLessThan(8 << 10);
        assertThat(await(catalog.read(entry)).stripes()).isEqualTo(large.stripes());
    }

    @Test
    void committingAnEntryThatVersionOneHasCommittedSucceeds() {
        for (BackupDocument document : List.of(small, large)) {
            server.objects().put(FrozenDocument.KEYS.entry(document), Version1Writer.write(document));

            assertThat(await(catalog.commit(document)).backupId()).isEqualTo(document.backupId());
        }
        BackupDocument other = new BackupDocument(
                2,
                small.backupId(),
                small.sluiceVersion(),
                small.server(),
                small.database(),
                small.type(),
                small.copyOnly(),
                small.deviceSet(),
                small.startedAt(),
                small.finishedAt(),
                new Verdict(Outcome.UNCONFIRMED, "another"),
                small.options(),
                small.firstLsn(),
                small.lastLsn(),
                small.stripes(),
                small.details());
        assertThatThrownBy(() -> await(catalog.commit(other))).hasMessageContaining("other contents");
    }

    @Test
    void aRemovalIsNotedWithoutSums() {
        catalog.writeRemoval(large).block(PROMPTLY);

        assertThat(new String(server.objects().get(FrozenDocument.KEYS.removal(large.backupId())), UTF_8))
                .contains("\"sums\" : null");
        assertThat(await(catalog.removals(e -> {
                            throw e;
                        })
                        .collectList()))
                .extracting(BackupDocument::backupId)
                .containsExactly(large.backupId());
    }
}
