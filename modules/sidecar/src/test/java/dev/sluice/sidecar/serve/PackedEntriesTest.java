package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.RecoveryPath;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import dev.sluice.sidecar.serve.PackedEntries.Entry;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is packed comes out as it went in, and takes little memory.
class PackedEntriesTest {

    private static final Logger log = LoggerFactory.getLogger(PackedEntriesTest.class);
    private static final DateTimeFormatter IN_KEYS =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSSS'Z'", Locale.ROOT);

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final UUID family = uuid();
    private final UUID fork = uuid();
    private Instant time = Instant.parse("2026-03-01T10:00:00.003Z");
    private Lsn lsn = new Lsn(4711, 16, 1);
    private UUID base = uuid();

    PackedEntriesTest() {
        log.info("seed {}", seed);
    }

    private UUID uuid() {
        return new UUID(random.nextLong(), random.nextLong());
    }

    /// A full backup each day, a log backup every five minutes between.
    private List<Entry> entries(int count) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(entry(i % 288 == 0 ? BackupType.FULL : BackupType.LOG));
        }
        return entries;
    }

    private Entry entry(BackupType type) {
        Instant began = time.plusMillis(random.nextInt(1000));
        Instant finished = began.plusMillis(100 + random.nextInt(9000));
        time = time.plus(Duration.ofMinutes(5));
        Lsn first = lsn;
        lsn = new Lsn(lsn.vlf() + random.nextInt(2), 16 + random.nextInt(100_000), 1 + random.nextInt(200));
        lsn = lsn.compareTo(first) < 0 ? new Lsn(first.vlf() + 1, 16, 1) : lsn;
        long bytes = 100_000L + random.nextInt(100_000_000);
        byte[] bits = new byte[10];
        random.nextBytes(bits);
        String id = Ulid.of(began, bits);
        UUID set = uuid();
        base = type == BackupType.FULL ? set : base;
        return new Entry(
                "prod/sql-1/catalog/sales-2f1435256eed986c/%s_%c_%s_%s_%d_%s.json"
                        .formatted(
                                IN_KEYS.format(began.atOffset(ZoneOffset.UTC)),
                                type == BackupType.FULL ? 'D' : 'L',
                                first.toDecimal(),
                                lsn.toDecimal(),
                                bytes,
                                id),
                type,
                false,
                began,
                finished.plusMillis(random.nextInt(500)),
                new Backup(
                        id,
                        "Sales",
                        switch (type) {
                            case FULL -> Backup.Kind.FULL;
                            case DIFFERENTIAL -> Backup.Kind.DIFFERENTIAL;
                            case LOG -> Backup.Kind.LOG;
                        },
                        false,
                        new Backup.Place.Stored(),
                        set,
                        family,
                        RecoveryPath.on(fork),
                        first,
                        lsn,
                        new Lsn(first.vlf(), 16, 3),
                        type == BackupType.DIFFERENTIAL ? base : null,
                        RecoveryModel.FULL,
                        began,
                        finished,
                        random.nextBoolean() ? finished.minusSeconds(1) : null,
                        Set.of(Backup.Trait.CHECKSUMS),
                        bytes,
                        4,
                        Set.of()));
    }

    @Test
    void whatIsPackedComesOutAsItWentIn() {
        List<Entry> all = entries(300);
        all.add(entry(BackupType.DIFFERENTIAL));
        Entry unusable = entry(BackupType.LOG);
        all.add(new Entry(
                "elsewhere/" + unusable.backupId() + "/x_" + unusable.backupId() + ".json",
                BackupType.LOG,
                true,
                unusable.began(),
                unusable.ended(),
                null));
        PackedEntries packed = PackedEntries.NONE;
        for (int from = 0; from < all.size(); ) {
            int to = Math.min(all.size(), from + 1 + random.nextInt(100));
            packed = packed.with(all.subList(from, to));
            from = to;
        }

        assertThat(packed.stream()).containsExactlyElementsOf(all);
        assertThat(packed.count()).isEqualTo(all.size());
        assertThat(packed.isEmpty()).isFalse();
        assertThat(PackedEntries.NONE.isEmpty()).isTrue();
        assertThat(packed.with(List.of())).isSameAs(packed);
    }

    /// 30 databases with 10,000 backups each take 40 MiB of a heap of 256.
    @Test
    void aBackupTakesLittleMemory() {
        PackedEntries packed = PackedEntries.NONE.with(entries(10_000));

        int each = packed.packedBytes() / packed.count();

        log.info("{} bytes for each backup", each);
        assertThat(each).isLessThan(130);
    }
}
