package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.s3.CorruptBlockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// One changed byte in a stored object. At more places: `-Dsluice.corruptions=50`.
@Timeout(300)
class CorruptObjectIT {

    /// The first byte, the last one, and others.
    private static final int PLACES = Integer.getInteger("sluice.corruptions", 3);

    @TempDir
    Path directory;

    @Test
    void aChangedByteAnywhereIsNamedWithBlockAndOffsetBeforeSqlServerSeesIt() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.getLogger(CorruptObjectIT.class.getName())
                .log(System.Logger.Level.INFO, "seed {0}", Long.toString(seed));
        Random random = new Random(seed);
        try (RestoreBench bench = RestoreBench.start(directory, 20 << 20)) {
            BackupDocument backup = bench.backUp(BackupType.FULL, 2);
            for (int i = 0; i < PLACES; i++) {
                BackupDocument.Segment segment =
                        backup.stripes().get(random.nextInt(2)).segments().getFirst();
                // On the server's disk, as bits rot: to all who ask, it is the object that was stored.
                Path file = directory.resolve("sluice").resolve("test/" + segment.key());
                byte[] whole = Files.readAllBytes(file);
                // The first byte and the last one are the ones that a mistake in counting would miss.
                int at = i == 0 ? 0 : i == 1 ? whole.length - 1 : random.nextInt(whole.length);
                byte[] changed = whole.clone();
                changed[at] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, changed);
                int block = at / segment.blocks().size();
                String name = "Copy" + i;

                assertThatThrownBy(() -> bench.restore(RestoreRequest.of(backup, name, false, true)))
                        .as("seed %d, offset %d of %s", seed, at, segment.key())
                        .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                            assertThat(failure.id()).hasToString("corrupt-object");
                            assertThat(failure.where())
                                    .contains(
                                            backup.backupId(),
                                            segment.key(),
                                            "block " + block,
                                            "offset "
                                                    + (long) block
                                                            * segment.blocks().size());
                            assertThat(failure).hasRootCauseInstanceOf(CorruptBlockException.class);
                        });
                assertThat(bench.state(name)).isNotEqualTo("ONLINE");
                assertThat(bench.installation.budget.inUse()).isZero();

                Files.write(file, whole);
            }
            bench.restore(RestoreRequest.of(backup, "Whole", false, true));
            assertThat(bench.installation.server.compare("Sales", "Whole")).isEmpty();
        }
    }
}
