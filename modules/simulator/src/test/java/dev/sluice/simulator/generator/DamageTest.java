package dev.sluice.simulator.generator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.mtf.BackupSetType;
import dev.sluice.mtf.HeaderChecksum;
import dev.sluice.mtf.inspect.Coverage;
import dev.sluice.mtf.inspect.Finding;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.StreamInspector;
import dev.sluice.testsupport.RealBackups;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A changed byte is found unless the report lists its place as uncovered; and nothing makes the inspector
/// fail.
final class DamageTest {
    private static final long SEED = 31_337;
    private static final int SAMPLES = 200;

    @ParameterizedTest(name = "{0}, seed " + SEED)
    @MethodSource("dev.sluice.testsupport.RealBackups#plain")
    void isFoundInRealBackupsUnlessListedAsUncovered(RealBackups.Stated stated) {
        findsEveryChange(stated.content(), SAMPLES / 4);
    }

    @ParameterizedTest(name = "{0}, seed " + SEED)
    @ValueSource(booleans = {true, false})
    void isFoundInGeneratedBackupsUnlessListedAsUncovered(boolean checksums) {
        byte[] stream = generated(checksums);

        findsEveryChange(stream, SAMPLES);
    }

    @Test
    void leavesNothingUncoveredButFieldsAndRecordsWhenThereAreChecksums() {
        Inspection.Inspected inspected = Chunks.inspected(generated(true), 65_536);

        assertThat(inspected.uncovered().bytes())
                .containsOnlyKeys(Coverage.Kind.BLOCK_FIELDS, Coverage.Kind.METADATA, Coverage.Kind.OTHER_STREAMS);
    }

    @Test
    void isReportedWithPlaceAndBlock() {
        byte[] stream = generated(true);
        Inspection.Inspected whole = Chunks.inspected(stream, 65_536);
        long data = position(whole, "MSDA");
        byte[] inPages = changed(stream, (int) data + 40_000);
        byte[] inHeader = changed(stream, (int) data + 20);

        assertThat(Chunks.inspected(inPages, 4_096).findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.kind()).isEqualTo(Finding.Kind.CHECKSUM_MISMATCH))
                .satisfies(finding -> assertThat(finding.block()).isEqualTo("MSDA"));
        Inspection.Inspected broken = Chunks.inspected(inHeader, 4_096);
        assertThat(broken.findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.kind()).isEqualTo(Finding.Kind.BROKEN_BLOCK))
                .satisfies(finding -> assertThat(finding.position()).isEqualTo(data));
        assertThat(broken.walked()).isEqualTo(data);
        assertThat(broken.bytes()).isEqualTo(stream.length);
        assertThat(broken.header()).isPresent();
        assertThat(broken.uncovered().bytes()).containsEntry(Coverage.Kind.NOT_WALKED, stream.length - data);
    }

    @Test
    void streamsCutOffAnywhereAreIncomplete() {
        byte[] stream = generated(true);
        Random random = new Random(SEED);
        for (int i = 0; i < SAMPLES; i++) {
            int length = random.nextInt(stream.length);
            Inspection inspection = Chunks.inspect(Arrays.copyOf(stream, length), 65_536);

            assertThat(sound(inspection)).as("cut at %d", length).isFalse();
        }
        assertThat(sound(Chunks.inspect(stream, 65_536))).isTrue();
    }

    @Test
    void bytesBehindTheEndAreNoticed() {
        byte[] stream = generated(true);

        Inspection.Inspected inspected = Chunks.inspected(Arrays.copyOf(stream, stream.length + 512), 65_536);

        assertThat(inspected.ending())
                .isEqualTo(new Inspection.Ending.Incomplete("something follows the end of the backup", stream.length));
    }

    @Test
    void unknownStreamsAreNotInspected() {
        assertThat(Chunks.inspect(new byte[100_000], 4_096))
                .isEqualTo(new Inspection.NotInspected(100_000, 0, "begins with neither TAPE nor MSSQLBAK"));
        assertThat(Chunks.inspect(new byte[3], 4_096)).isInstanceOf(Inspection.NotInspected.class);
        assertThat(StreamInspector.full().report()).isInstanceOf(Inspection.NotInspected.class);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void hostileStreamsNeitherThrowNorHang(long seed) {
        Random random = new Random(seed);
        byte[] plain = generated(random.nextBoolean());
        for (int round = 0; round < 100; round++) {
            byte[] stream = plain.clone();
            for (int hits = 1 + random.nextInt(30); hits > 0; hits--) {
                int at = random.nextInt(stream.length);
                int length = Math.min(1 + random.nextInt(64), stream.length - at);
                for (int i = 0; i < length; i++) {
                    stream[at + i] = (byte) random.nextInt();
                }
            }
            repairHeaders(stream, random);

            assertThat(Chunks.inspect(stream, 1 + random.nextInt(70_000))).isNotNull();
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {5, 6})
    void hostileContainersNeitherThrowNorHang(long seed) {
        Random random = new Random(seed);
        for (RealBackups.Stated stated : RealBackups.compressed()) {
            byte[] front = Arrays.copyOf(stated.content(), 40_000);
            for (int round = 0; round < 60; round++) {
                byte[] stream = front.clone();
                for (int hits = 1 + random.nextInt(20); hits > 0; hits--) {
                    stream[8 + random.nextInt(5_000)] = (byte) random.nextInt();
                }
                assertThat(Chunks.inspect(stream, 1 + random.nextInt(9_000))).isNotNull();
            }
        }
    }

    /// Makes the first headers valid again, so that damage gets past the checksum.
    private static void repairHeaders(byte[] stream, Random random) {
        MemorySegment memory = MemorySegment.ofArray(stream);
        if (random.nextBoolean()) {
            for (int at = 0; at < stream.length - 1024; at += 512) {
                HeaderChecksum.put(memory, at, HeaderChecksum.BLOCK_HEADER);
            }
        }
        System.arraycopy(new byte[] {'T', 'A', 'P', 'E'}, 0, stream, 0, 4);
        HeaderChecksum.put(memory, 0, HeaderChecksum.BLOCK_HEADER);
    }

    private static void findsEveryChange(byte[] stream, int samples) {
        Inspection.Inspected whole = Chunks.inspected(stream, stream.length);
        assertThat(whole.sound()).isTrue();
        Random random = new Random(SEED);
        TreeSet<Integer> places = new TreeSet<>();
        for (Inspection.BlockPosition block :
                whole.blocks().subList(0, Math.min(8, whole.blocks().size()))) {
            for (int i = 0; i < HeaderChecksum.BLOCK_HEADER; i++) {
                places.add((int) block.position() + i);
            }
        }
        whole.uncovered().ranges().stream()
                .filter(range -> range.kind() == Coverage.Kind.BLOCK_FIELDS)
                .limit(8)
                .forEach(
                        range -> { // behind a block's fields its first stream begins
                            for (int i = 0; i < HeaderChecksum.STREAM_HEADER; i++) {
                                places.add((int) Math.min(range.end() + i, stream.length - 1L));
                            }
                        });
        random.ints(samples, 0, stream.length).forEach(places::add);
        int covered = 0;
        for (int place : places) {
            if (uncovered(whole.uncovered().ranges(), place)) {
                continue;
            }
            covered++;
            byte[] changed = changed(stream, place);
            assertThat(sound(Chunks.inspect(changed, 65_536)))
                    .as("byte %d of %d changed", place, stream.length)
                    .isFalse();
        }
        assertThat(covered).isGreaterThan(8 * HeaderChecksum.BLOCK_HEADER - 1);
    }

    private static boolean sound(Inspection inspection) {
        return inspection instanceof Inspection.Inspected inspected && inspected.sound();
    }

    private static boolean uncovered(List<Coverage.Range> ranges, long place) {
        return ranges.stream().anyMatch(range -> range.position() <= place && place < range.end());
    }

    private static byte[] changed(byte[] stream, int place) {
        byte[] changed = stream.clone();
        changed[place] ^= 0x20;
        return changed;
    }

    private static long position(Inspection.Inspected inspected, String block) {
        return inspected.blocks().stream()
                .filter(position -> position.block().equals(block))
                .findFirst()
                .orElseThrow()
                .position();
    }

    private static byte[] generated(boolean checksums) {
        return GeneratedStreamTest.bytes(
                new SyntheticBackup("Sales", SEED)
                        .type(BackupSetType.DATABASE)
                        .extents(Extents.of(1, 4))
                        .logBytes(3_000)
                        .checksums(checksums)
                        .recipe(),
                0,
                65_536);
    }
}
