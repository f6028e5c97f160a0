package dev.sluice.mtf;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HeaderRecordsTest {

    @Test
    void areReadAsTheyWereWritten() {
        BackupHeader header = header();

        byte[] stored = HeaderRecords.write(header);

        assertThat(HeaderRecords.read(MemorySegment.ofArray(stored))).hasValue(header);
    }

    @Test
    void areReadAsFarAsTheyGo() {
        BackupHeader header = header();
        byte[] stored = HeaderRecords.write(header);

        for (int length = 0; length < stored.length; length++) {
            var read = HeaderRecords.read(MemorySegment.ofArray(Arrays.copyOf(stored, length)));

            assertThat(read.map(BackupHeader::database)).isIn(Optional.empty(), Optional.of("Sales"));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void neverFailOnDamage(long seed) {
        Random random = new Random(seed);
        byte[] stored = HeaderRecords.write(header());
        for (int round = 0; round < 2_000; round++) {
            byte[] damaged = stored.clone();
            for (int hits = 1 + random.nextInt(40); hits > 0; hits--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            assertThat(HeaderRecords.read(MemorySegment.ofArray(damaged))).isNotNull();
        }
    }

    @Test
    void theFirstForkDiffersOnlyAcrossTheForkPoint() {
        BackupHeader longAfter = header();

        assertThat(longAfter.firstRecoveryFork()).isEqualTo(longAfter.recoveryFork());
        assertThat(forkedAt("39:595:1").firstRecoveryFork()).isEqualTo(longAfter.recoveryFork());
        assertThat(forkedAt("39:595:2").firstRecoveryFork()).isEqualTo(longAfter.previousFork());
        assertThat(forkedAt("39:598:1").firstRecoveryFork()).isEqualTo(longAfter.previousFork());
        assertThat(forkedAt("39:598:2").firstRecoveryFork()).isEqualTo(longAfter.recoveryFork());
    }

    private static BackupHeader header() {
        return forkedAt("25:153:1");
    }

    private static BackupHeader forkedAt(String forkPoint) {
        return new BackupHeader(
                "Sales",
                "DB1\\SQL2022",
                new ServerVersion(16, 0, 4100),
                'I',
                BackupHeader.FLAG_ALWAYS | BackupHeader.FLAG_DIFFERENTIAL,
                Lsn.parse("39:595:1"),
                Lsn.parse("39:598:1"),
                Lsn.parse("39:595:1"),
                Lsn.parse("39:488:71"),
                Lsn.parse("39:488:71"),
                Lsn.parse(forkPoint),
                new UUID(1, 2),
                new UUID(3, 4),
                new UUID(5, 6),
                new UUID(7, 8),
                new UUID(9, 10),
                new UUID(11, 12),
                LocalDateTime.of(2019, 5, 2, 19, 20, 2),
                LocalDateTime.of(2019, 5, 2, 21, 15, 56),
                LocalDateTime.of(2019, 5, 2, 21, 15, 57),
                758_272,
                RecoveryModel.SIMPLE,
                160,
                957,
                1033,
                196_609,
                52,
                List.of(new Filegroup(1, "PRIMARY"), new Filegroup(2, "HISTORY")),
                List.of(
                        new BackupFile(
                                1,
                                BackupFile.Kind.DATA,
                                "Sales",
                                "D:\\data\\Sales.mdf",
                                1,
                                8 << 20,
                                1L << 44,
                                80,
                                4096,
                                new UUID(13, 14),
                                Lsn.parse("39:488:71"),
                                new UUID(7, 8)),
                        new BackupFile(
                                2,
                                BackupFile.Kind.LOG,
                                "Sales_log",
                                "E:\\log\\Sales.ldf",
                                0,
                                16 << 20,
                                1L << 41,
                                0,
                                512,
                                new UUID(15, 16),
                                Lsn.ZERO,
                                null)));
    }
}
