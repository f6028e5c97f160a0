package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.s3.S3Store;
import dev.sluice.sidecar.EmbeddedForTests;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What the service knows of the bucket after a backup of its own.
@Timeout(180)
class InventoryCacheIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(1);

    @TempDir
    Path directory;

    @Test
    void aBackupOfItsOwnIsKnownWithoutARequestAndAsWellAsFromTheBucket() {
        try (EmbeddedForTests installation =
                EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 2 << 20))) {
            Catalog catalog = installation.engine().environment().catalog();
            S3Store store = installation.engine().environment().store();
            InventoryCache inventory = new InventoryCache(catalog);
            BackupResult full = backup(installation, BackupType.FULL);
            inventory.add("Sales", full);
            BackupResult log = backup(installation, BackupType.LOG);
            long requests = store.requests();

            InventoryCache.View added = inventory.add("Sales", log);

            assertThat(store.requests()).isEqualTo(requests);
            InventoryCache.View read = new InventoryCache(catalog).refresh("Sales");
            assertThat(added).isEqualTo(inventory.view("Sales").orElseThrow());
            assertThat(added.intact()).isTrue();
            assertThat(added)
                    .usingRecursiveComparison()
                    .ignoringCollectionOrder()
                    .isEqualTo(read);
            assertThat(inventory.refresh("Sales").backups()).isEqualTo(2);
            assertThat(added.fulls())
                    .containsExactly(full.document().facts().set().orElseThrow());
            assertThat(inventory.stored("Sales").isEmpty()).isTrue();
            InventoryCache listing = new InventoryCache(catalog, _ -> Set.of(), "Sales"::equals);
            listing.refresh("Sales");
            PackedEntries all = listing.stored("Sales");
            assertThat(all.stream())
                    .extracting(one -> one.parsed().backupId())
                    .containsExactlyInAnyOrder(
                            full.document().backupId(), log.document().backupId());
            assertThat(all.stream())
                    .allSatisfy(one ->
                            assertThat(one.backupId()).isEqualTo(one.parsed().backupId()));
            listing.refresh("Sales");
            assertThat(listing.stored("Sales")).as("nothing has changed").isSameAs(all);
            listing.add("Sales", log);
            assertThat(listing.stored("Sales").count())
                    .as("a look has seen it already")
                    .isEqualTo(2);
        }
    }

    private static BackupResult backup(EmbeddedForTests installation, BackupType type) {
        return installation
                .engine()
                .backup(installation.request("Sales", type, false), RunObserver.SILENT)
                .block(PATIENTLY);
    }
}
