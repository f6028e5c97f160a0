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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What the service knows of the bucket after a backup of its own.
@Timeout(180)
class HoldingsIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(1);

    @TempDir
    Path directory;

    @Test
    void aBackupOfItsOwnIsKnownWithoutARequestAndAsWellAsFromTheBucket() {
        try (EmbeddedForTests installation =
                EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 2 << 20))) {
            Catalog catalog = installation.engine().environment().catalog();
            S3Store store = installation.engine().environment().store();
            Holdings holdings = new Holdings(catalog);
            BackupResult full = backup(installation, BackupType.FULL);
            holdings.add("Sales", full);
            BackupResult log = backup(installation, BackupType.LOG);
            long requests = store.requests();

            Holdings.View added = holdings.add("Sales", log);

            assertThat(store.requests()).isEqualTo(requests);
            Holdings.View read = new Holdings(catalog).refresh("Sales");
            assertThat(added).isEqualTo(holdings.view("Sales").orElseThrow());
            assertThat(added.intact()).isTrue();
            assertThat(added)
                    .usingRecursiveComparison()
                    .ignoringCollectionOrder()
                    .isEqualTo(read);
            assertThat(holdings.refresh("Sales").backups()).hasSize(2);
        }
    }

    private static BackupResult backup(EmbeddedForTests installation, BackupType type) {
        return installation
                .engine()
                .backup(installation.request("Sales", type, false), RunObserver.SILENT)
                .block(PATIENTLY);
    }
}
