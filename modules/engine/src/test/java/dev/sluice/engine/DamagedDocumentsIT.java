package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.recovery.RecoveryReport.Decision;
import dev.sluice.engine.recovery.RecoveryReport.Finding;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.simulator.server.Fault;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Damaged, hostile and misplaced documents beside healthy ones: each is named, and nothing but its own backup
/// is affected by it.
@Timeout(300)
class DamagedDocumentsIT {

    @TempDir
    Path directory;

    private final Ulid ids = new Ulid(Clock.systemUTC());
    private Installation installation;
    private Catalog catalog;

    @BeforeEach
    void start() throws Exception {
        installation = Installation.start(
                directory, options -> options.withDatabase("Sales", 1 << 20).withDatabase("Other", 1 << 20));
        catalog = installation.engine.environment().catalog();
    }

    @AfterEach
    void stop() {
        installation.close();
    }

    private String text(String key) {
        return new String(
                installation.store.get(key).blockOptional(Installation.SOON).orElseThrow(), UTF_8);
    }

    private void put(String key, String contents) {
        installation.store.put(key, contents.getBytes(UTF_8)).block(Installation.SOON);
    }

    private static UnaryOperator<String> replaced(String what, String by) {
        return text -> {
            String changed = text.replaceAll(what, by);
            assertThat(changed).as(what).isNotEqualTo(text);
            return changed;
        };
    }

    /// What can be wrong with the document of a backup, by what it is called in a failure.
    private static Map<String, UnaryOperator<String>> damages(BackupDocument other) {
        String segment = other.stripes().getFirst().segments().getFirst().key();
        Map<String, UnaryOperator<String>> damages = new LinkedHashMap<>();
        damages.put("empty", _ -> "");
        damages.put("no document", _ -> "<html>".repeat(1_000));
        damages.put("cut", text -> text.substring(0, text.length() / 2));
        damages.put("a newer version", replaced("\"schemaVersion\" : 2", "\"schemaVersion\" : 99"));
        damages.put("without what was inspected", replaced("\"set\" : \\{", "\"sett\" : {"));
        damages.put("without its sums", replaced("\"inline\" : \"....", "\"inline\" : \""));
        damages.put("another's objects", replaced("\"key\" : \"[^\"]+\"", "\"key\" : \"" + segment + "\""));
        damages.put("another server", replaced("\"server\" : \"test\"", "\"server\" : \"sql-dr\""));
        damages.put("another id", replaced("\"backupId\" : \"[^\"]+\"", "\"backupId\" : \"" + other.backupId() + "\""));
        damages.put("every device set", replaced("\"deviceSet\" : \"[^\"]+\"", "\"deviceSet\" : \"%\""));
        damages.put("no device set", replaced("\"deviceSet\" : \"[^\"]+\",", ""));
        damages.put("no number", replaced("\"lastLsn\" : \"[^\"]+\"", "\"lastLsn\" : \"abc\""));
        damages.put(
                "2 million digits",
                replaced("\"lastLsn\" : \"[^\"]+\"", "\"lastLsn\" : \"" + "9".repeat(2_000_000) + "\""));
        damages.put("a year", replaced("\"startedAt\" : \"[^\"]+\"", "\"startedAt\" : \"+999999999-12-31T23:59:59Z\""));
        damages.put("a GUID", replaced("\"family_guid\" : \"[^\"]+\"", "\"family_guid\" : \"x\""));
        damages.put("a date", replaced("\"backup_start_date\" : \"[^\"]+\"", "\"backup_start_date\" : \"yesterday\""));
        damages.put("no outcome", replaced("\"outcome\" : \"[^\"]+\"", "\"outcome\" : null"));
        return damages;
    }

    private static final Pattern INLINE = Pattern.compile("\"inline\" : \"([^\"]+)\"");

    /// The same document under an id that no backup has.
    private String renamed(String text, BackupDocument document, String id) {
        Matcher inline = INLINE.matcher(text);
        assertThat(inline.find()).isTrue();
        byte[] sums = Base64.getDecoder().decode(inline.group(1));
        // The id stands behind eight bytes of magic and two of a version, and a CRC of everything at the end.
        System.arraycopy(id.getBytes(UTF_8), 0, sums, 10, id.length());
        CRC32C crc = new CRC32C();
        crc.update(sums, 0, sums.length - 4);
        ByteBuffer.wrap(sums).putInt(sums.length - 4, (int) crc.getValue());
        return text.replace(inline.group(1), Base64.getEncoder().encodeToString(sums))
                .replace(document.backupId(), id);
    }

    private PruneReport prune(String database, boolean keep) {
        return installation
                .engine
                .prune(new PruneRequest(
                        database,
                        (backups, _) -> backups.stream()
                                .map(backup -> new KeepDecision(backup, keep, "so it was chosen"))
                                .toList(),
                        false))
                .block(Installation.SOON);
    }

    @Test
    void damagedEntriesAreNamedAndNothingElseIsAffected() {
        BackupResult full = installation.backup("Sales", 1);
        BackupResult second = installation.backup("Sales", 1);
        BackupResult other = installation.backup("Other", 1);
        String healthy = text(full.key().key());
        List<String> damaged = new ArrayList<>();
        damages(other.document()).forEach((_, damage) -> {
            String id = ids.next();
            String key = full.key().key().replace(full.document().backupId(), id);
            put(key, damage.apply(renamed(healthy, full.document(), id)));
            damaged.add(key);
        });
        // As a copy of a server's whole directory, or of one entry, makes them.
        String copied = full.key().key().replace(full.document().backupId(), ids.next());
        put(copied, healthy);
        damaged.add(copied);
        List<String> before = installation.keys();

        Inventory inventory = installation.engine.inventory("Sales", null).block(Installation.SOON);
        assertThat(inventory.documents())
                .extracting(BackupDocument::backupId)
                .containsExactly(full.document().backupId(), second.document().backupId());
        assertThat(inventory.refused()).hasSameSizeAs(damaged);
        damaged.forEach(key -> assertThat(inventory.refused()).anyMatch(why -> why.contains(key)));
        assertThat(installation.engine.inventory("Other", null).block(Installation.SOON))
                .satisfies(others -> assertThat(others.refused()).isEmpty())
                .satisfies(others -> assertThat(others.documents()).hasSize(1));

        // What is read for verify, fetch and join.
        for (String key : damaged) {
            CatalogKey entry =
                    catalog.list("Sales").filter(one -> one.key().equals(key)).blockFirst(Installation.SOON);
            assertThatThrownBy(() -> catalog.read(entry).block(Installation.SOON))
                    .isInstanceOf(CatalogException.class)
                    .hasMessageContaining(key);
        }

        assertThatThrownBy(() -> prune("Sales", false)).isInstanceOfSatisfying(OperationFailed.class, failure -> {
            assertThat(failure.id()).hasToString("catalog-unreadable");
            assertThat(damaged).anyMatch(key -> failure.what().contains(key));
        });
        assertThat(prune("Other", true).removed()).isZero();
        assertThat(installation.recover().findings()).isEmpty();
        assertThat(installation
                        .engine
                        .verify(second.document(), RunObserver.SILENT)
                        .block(Installation.SOON))
                .satisfies(report -> assertThat(report.sound()).isTrue());
        assertThat(installation.engine.join(second.document()).block(Installation.SOON))
                .satisfies(result -> assertThat(result.joined()).isZero());
        assertThat(installation.keys()).containsExactlyElementsOf(before);
        installation.restore(full, "Copy");
        assertThat(installation.server.compare("Sales", "Copy")).isEmpty();
    }

    /// A backup of the other database runs meanwhile, and names the id of a pending one in its description.
    @Test
    void damagedPendingDocumentsKillNoSessionAndStopNoOther() throws Exception {
        BackupResult full = installation.backup("Sales", 1);
        BackupResult other = installation.backup("Other", 1);
        String healthy = text(full.key().key());
        Map<String, String> damaged = new LinkedHashMap<>();
        damages(other.document()).forEach((_, damage) -> {
            String id = ids.next();
            damaged.put(id, catalog.keys().pending(id));
            put(damaged.get(id), damage.apply(renamed(healthy, full.document(), id)));
        });
        // Nothing was durable of this one, so it goes.
        String nothing = ids.next();
        BackupDocument template = full.document();
        put(
                catalog.keys().pending(nothing),
                renamed(healthy, template, nothing)
                        .replaceAll(
                                "(?s)\"stripes\" : \\[.*\\],\\s+\"sums\" : \\{[^}]*\\}",
                                "\"stripes\" : [ ], \"sums\" : null"));
        installation.server.faults().next(new Fault.NeverOpens());
        CompletableFuture<Void> running = CompletableFuture.runAsync(() -> installation.sql(
                "BACKUP LOG [Other] TO VIRTUAL_DEVICE = N'of-another-tool' WITH DESCRIPTION = N'not %s'"
                        .formatted(BackupDocument.deviceSet(nothing))));
        await().atMost(Installation.SOON)
                .until(() -> installation.server.faults().isStalling());
        List<String> data = installation.keys().stream()
                .filter(key -> key.contains("/data/") || key.contains("/catalog/"))
                .toList();

        List<Finding> findings = installation.recover().findings();

        damaged.forEach((id, key) -> assertThat(findings)
                .filteredOn(finding -> finding.backupId().equals(id))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.decision()).isEqualTo(Decision.UNREADABLE);
                    assertThat(finding.proof()).contains(key);
                }));
        assertThat(findings)
                .filteredOn(finding -> finding.backupId().equals(nothing))
                .extracting(Finding::decision)
                .containsExactly(Decision.DELETED);
        assertThat(installation.server.faults().isStalling()).isTrue();
        installation.server.faults().release();
        assertThat(running.handle((_, _) -> true).get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(installation.keys()).containsAll(data).containsAll(damaged.values());

        // No data lies under these ids, so they are not of these databases.
        assertThat(prune("Sales", true).removed()).isZero();
        assertThat(installation.engine.inventory("Sales", null).block(Installation.SOON))
                .satisfies(inventory -> assertThat(inventory.documents()).hasSize(1))
                .satisfies(inventory -> assertThat(inventory.refused()).hasSize(damaged.size()));
        assertThat(installation.backup("Sales", 1).document().type()).isEqualTo(BackupType.FULL);

        // And of this one there is.
        String id = damaged.keySet().iterator().next();
        put(catalog.keys().data("Sales", id, 1, 1), "data");
        assertThatThrownBy(() -> prune("Sales", false)).isInstanceOfSatisfying(OperationFailed.class, failure -> {
            assertThat(failure.id()).hasToString("catalog-unreadable");
            assertThat(failure.what()).contains(damaged.get(id));
        });
        assertThat(prune("Other", true).removed()).isZero();
        assertThat(installation.keys()).containsAll(data);
    }

    @Test
    void anOwnerThatCannotBeReadIsNeverTakenForAbsent() {
        BackupResult full = installation.backup("Sales", 1);
        String key = catalog.keys().owner();
        String healthy = text(key);
        for (String damaged : List.of(
                "{\"schemaVersion\" : 1}",
                "",
                "null",
                healthy.replace("\"server\" : \"test\"", "\"server\" : \"another\""),
                healthy.replace("serverName", "serverNeme"),
                healthy.substring(0, healthy.length() / 2))) {
            put(key, damaged);

            // A process that has not read it before, and one that has, and looks again.
            assertThatThrownBy(() -> new Engine(installation.engine.environment())
                            .backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                            .block(Installation.SOON))
                    .hasMessageContaining(key);
            assertThatThrownBy(() -> installation.recover())
                    .isInstanceOfSatisfying(
                            OperationFailed.class,
                            failure -> assertThat(failure.id()).hasToString("catalog-unreadable"))
                    .hasMessageContaining(key);
            assertThatThrownBy(() -> installation.backup("Sales", 1)).hasMessageContaining(key);
            assertThat(text(key)).isEqualTo(damaged);
        }
        assertThat(installation
                        .engine
                        .inventory("Sales", null)
                        .block(Installation.SOON)
                        .documents())
                .extracting(BackupDocument::backupId)
                .containsExactly(full.document().backupId());
        put(key, healthy);
        installation.backup("Sales", 1);
        assertThat(installation.pendings()).isEmpty();
    }

    @Test
    void aStreamThatIsAnotherSetsThanItsEntryIsNoSoundOne() {
        BackupResult full = installation.backup("Sales", 1);
        String key = full.key().key();
        String set = full.document().stream().set().orElseThrow().toString();
        put(key, text(key).replaceAll("(?i)" + set, "11111111-2222-3333-4444-555555555555"));
        BackupDocument changed = catalog.read(full.key()).block(Installation.SOON);

        VerifyReport report =
                installation.engine.verify(changed, RunObserver.SILENT).block(Installation.SOON);

        assertThat(report.problems())
                .extracting(VerifyReport.Problem::text)
                .anyMatch(text -> text.contains(set) && text.contains("11111111-2222-3333-4444-555555555555"));
    }

    /// A raw backup, sent as if it was taken now: its header is of another day than its document.
    @Test
    void anEntryWhoseClocksCannotBothBeRightIsNamedAndTheOthersArePlannedWith() {
        BackupResult full = installation.backup("Sales", 1);
        BackupResult second = installation.backup("Sales", 1);
        String key = full.key().key();
        put(key, text(key).replaceAll("\"backup_start_date\" : \"20", "\"backup_start_date\" : \"19"));

        Inventory inventory = installation.engine.inventory("Sales", null).block(Installation.SOON);

        assertThat(inventory.documents()).hasSize(2);
        assertThat(inventory.unreadable()).singleElement().satisfies(one -> {
            assertThat(one.document().backupId()).isEqualTo(full.document().backupId());
            assertThat(one.why()).contains("no two clocks");
        });
        assertThat(inventory.backups())
                .filteredOn(backup -> backup.place() instanceof Backup.Place.Stored)
                .extracting(Backup::id)
                .containsExactly(second.document().backupId());
    }

    @Test
    void aBackupOfSluicesOwnIsNeverCalledAnothersTool() {
        BackupResult lost = installation.backup("Sales", 1);
        BackupResult elsewhere = installation.backup("Sales", 1);
        installation.store.delete(lost.key().key()).block(Installation.SOON);
        installation.store.delete(elsewhere.key().key()).block(Installation.SOON);
        elsewhere
                .document()
                .stripes()
                .getFirst()
                .segments()
                .forEach(segment -> installation.store.delete(segment.key()).block(Installation.SOON));

        Inventory inventory = installation.engine.inventory("Sales", null).block(Installation.SOON);

        assertThat(inventory.backups())
                .extracting(Backup::place)
                .satisfiesExactly(
                        place -> assertThat(place)
                                .isEqualTo(new Backup.Place.WithoutEntry(
                                        lost.document().backupId(),
                                        "Taken by Sluice test into bucket sluice as "
                                                + lost.document().backupId(),
                                        true)),
                        place -> assertThat(place)
                                .isInstanceOfSatisfying(
                                        Backup.Place.WithoutEntry.class,
                                        one -> assertThat(one.dataIsHere()).isFalse()));
    }
}
