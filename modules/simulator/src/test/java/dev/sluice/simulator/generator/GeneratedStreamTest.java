package dev.sluice.simulator.generator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSetType;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.PageSink;
import dev.sluice.mtf.inspect.StreamInspector;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the generator writes, the walker that understands real backups accepts to the last byte.
final class GeneratedStreamTest {
    private static final long SEED = 7_771;
    private static final List<Extents.Range> RANGES =
            List.of(new Extents.Range(1, 0, 37), new Extents.Range(1, 100, 5), new Extents.Range(3, 1, 11));

    static List<Arguments> everyShape() {
        List<Arguments> shapes = new ArrayList<>();
        for (BackupSetType type : List.of(BackupSetType.DATABASE, BackupSetType.DIFFERENTIAL, BackupSetType.LOG)) {
            for (int stripes = 1; stripes <= 4; stripes++) {
                for (int block : new int[] {512, 4096}) {
                    for (boolean checksums : new boolean[] {true, false}) {
                        shapes.add(Arguments.of(type, stripes, block, checksums));
                    }
                }
            }
        }
        return shapes;
    }

    @ParameterizedTest(name = "{0}, {1} stripes, blocks of {2}, checksums {3}")
    @MethodSource("everyShape")
    void isAcceptedToItsLastByte(BackupSetType type, int stripes, int block, boolean checksums) {
        BackupRecipe recipe = backup(type)
                .stripes(stripes)
                .blockSize(block)
                .checksums(checksums)
                .recipe();
        Pages pages = new Pages();
        long finalHeaders = 0;
        for (int i = 0; i < stripes; i++) {
            byte[] stream = bytes(recipe, i, 65_536);
            Inspection report =
                    Chunks.feed(StreamInspector.reading(pages), stream, 4_001).report();

            Inspection.Inspected inspected = (Inspection.Inspected) report;
            assertThat(inspected.findings()).isEmpty();
            assertThat(inspected.ending()).isEqualTo(new Inspection.Ending.Complete());
            assertThat(inspected.walked()).isEqualTo(stream.length).isEqualTo(recipe.length(i));
            assertThat(stream.length % block).isZero();
            assertThat(requireNonNull(inspected.media()).family()).isEqualTo(i + 1);
            assertThat(requireNonNull(inspected.media()).families()).isEqualTo(stripes);
            assertThat(requireNonNull(inspected.media()).mediaSet()).isEqualTo(recipe.mediaSet());
            assertThat(requireNonNull(inspected.media()).blockSize()).isEqualTo(block);
            assertThat(requireNonNull(inspected.set()).guid()).isEqualTo(recipe.set());
            assertThat(requireNonNull(inspected.set()).machine()).isEqualTo("SLUICE");
            BackupHeader last = requireNonNull(inspected.last());
            assertThat(last).isEqualTo(recipe.header().finished(recipe.header().finished(), last.size()));
            assertThat(inspected.checksums().matched() > 0)
                    .isEqualTo(checksums && (i == 0 || type != BackupSetType.LOG) && pages.seen());
            finalHeaders += finalHeader(inspected) - block;
            if (i == stripes - 1) {
                assertThat(last.size()).isEqualTo(finalHeaders);
            }
        }
        assertThat(pages.wrong).isZero();
        assertThat(pages.seen).hasSize(type == BackupSetType.LOG ? 0 : 53 * Extents.PAGES);
        assertThat(pages.logBytes).isEqualTo(70_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 509, 8_192, 65_536, 1 << 20})
    void isTheSameReadInAnySize(int size) {
        BackupRecipe recipe = backup(BackupSetType.DATABASE).recipe();
        byte[] whole = bytes(recipe, 0, 1 << 24);

        assertThat(bytes(recipe, 0, size)).isEqualTo(whole);
        assertThat(bytes(backup(BackupSetType.DATABASE).recipe(), 0, 65_536)).isEqualTo(whole);
    }

    @Test
    void differsInEverythingThatMattersForAnotherSeed() {
        byte[] one = bytes(backup(BackupSetType.DATABASE).recipe(), 0, 65_536);
        byte[] other = bytes(
                new SyntheticBackup("Sales", SEED + 1)
                        .extents(Extents.of(RANGES))
                        .logBytes(70_000)
                        .recipe(),
                0,
                65_536);

        assertThat(other).hasSameSizeAs(one).isNotEqualTo(one);
    }

    @Test
    void headerChecksumsAreThoseOfRealBackups() {
        byte[] stream = bytes(backup(BackupSetType.DATABASE).blockSize(512).recipe(), 0, 65_536);

        assertThat(new byte[] {stream[50], stream[51]}).containsExactly(0x87, 0x05);
        assertThat(new byte[] {stream[1024 + 50], stream[1024 + 51]}).containsExactly(0x10, 0x87);
    }

    @Test
    void isCompleteWithoutFilemarks() {
        byte[] stream = bytes(backup(BackupSetType.DATABASE).filemarks(false).recipe(), 0, 65_536);

        Inspection.Inspected inspected = Chunks.inspected(stream, 8_192);

        assertThat(inspected.sound()).isTrue();
        assertThat(inspected.blocks())
                .extracting(Inspection.BlockPosition::block)
                .doesNotContain("SFMB");
    }

    @Test
    void backupsOfOneSeedFitTogether() {
        BackupRecipe full = backup(BackupSetType.DATABASE).recipe();
        BackupRecipe differential = backup(BackupSetType.DIFFERENTIAL).recipe();

        assertThat(differential.header().differentialBaseGuid()).isEqualTo(full.set());
        assertThat(differential.header().differentialBaseLsn())
                .isEqualTo(full.header().checkpointLsn());
        assertThat(differential.header().familyGuid()).isEqualTo(full.header().familyGuid());
        assertThat(differential.mediaSet()).isNotEqualTo(full.mediaSet());
    }

    @Test
    void emptyBackupsAreBackups() {
        for (BackupSetType type : List.of(BackupSetType.DATABASE, BackupSetType.LOG)) {
            BackupRecipe recipe = new SyntheticBackup("Empty", SEED)
                    .type(type)
                    .extents(Extents.of(List.of()))
                    .logBytes(0)
                    .recipe();
            assertThat(Chunks.inspected(bytes(recipe, 0, 4_096), 512).sound()).isTrue();
        }
    }

    @Test
    void aDatabaseOfManyFilesIsDescribedWhole() {
        BackupRecipe few = backup(BackupSetType.LOG).recipe();
        List<BackupFile> files = new ArrayList<>(few.header().files());
        for (int id = 10; files.size() < 2_000; id++) {
            files.add(new BackupFile(
                    id,
                    BackupFile.Kind.DATA,
                    "Sales_" + id,
                    "C:\\data\\Sales_%d.ndf".formatted(id),
                    1,
                    8 << 20,
                    8 << 20,
                    0,
                    512,
                    null,
                    Lsn.ZERO,
                    null));
        }
        byte[] stream = bytes(withFiles(few, files), 0, 65_536);

        Inspection.Inspected report = Chunks.inspected(stream, 65_536);

        assertThat(stream.length).isGreaterThan(2 << 20);
        assertThat(report.sound()).as("%s", report.findings()).isTrue();
        assertThat(report.header().orElseThrow().files())
                .extracting(BackupFile::logicalName)
                .hasSize(2_000)
                .endsWith(files.getLast().logicalName());
    }

    private static BackupRecipe withFiles(BackupRecipe recipe, List<BackupFile> files) {
        BackupHeader header = recipe.header();
        BackupHeader larger = new BackupHeader(
                header.database(),
                header.server(),
                header.version(),
                header.typeLetter(),
                header.flags(),
                header.firstLsn(),
                header.lastLsn(),
                header.checkpointLsn(),
                header.databaseBackupLsn(),
                header.differentialBaseLsn(),
                header.forkPointLsn(),
                header.recoveryFork(),
                header.previousFork(),
                header.lastFullSet(),
                header.differentialBaseGuid(),
                header.bindingId(),
                header.familyGuid(),
                header.created(),
                header.started(),
                header.finished(),
                header.size(),
                header.recoveryModel(),
                header.compatibilityLevel(),
                header.databaseVersion(),
                header.localeId(),
                header.comparisonStyle(),
                header.sortOrder(),
                header.filegroups(),
                files);
        return new BackupRecipe(
                larger,
                recipe.mediaSet(),
                recipe.set(),
                recipe.name(),
                recipe.description(),
                recipe.user(),
                recipe.machine(),
                recipe.blockSize(),
                recipe.filemarks(),
                recipe.stripes(),
                recipe.pages(),
                recipe.log());
    }

    private static SyntheticBackup backup(BackupSetType type) {
        return new SyntheticBackup("Sales", SEED)
                .type(type)
                .extents(Extents.of(RANGES))
                .logBytes(70_000);
    }

    private static long finalHeader(Inspection.Inspected inspected) {
        return inspected.blocks().stream()
                .filter(block -> block.block().equals("MSLS"))
                .mapToLong(Inspection.BlockPosition::position)
                .sum();
    }

    static byte[] bytes(BackupRecipe recipe, int stripe, int chunk) {
        StripeStream stream = recipe.stripe(stripe);
        byte[] all = new byte[Math.toIntExact(stream.length())];
        MemorySegment memory = MemorySegment.ofArray(all);
        while (stream.position() < all.length) {
            stream.read(memory, stream.position(), Math.min(chunk, all.length - stream.position()));
        }
        assertThat(stream.read(MemorySegment.ofArray(new byte[1]))).isZero();
        return all;
    }

    /// Checks every byte of every page and of the log against the seed.
    private static final class Pages implements PageSink {
        private final Set<String> seen = new HashSet<>();
        private long wrong;
        private long logBytes;

        boolean seen() {
            return !seen.isEmpty() || logBytes > 0;
        }

        @Override
        public void page(int fileId, long pageNumber, MemorySegment memory, long offset) {
            boolean fresh = seen.add(fileId + ":" + pageNumber);
            if (!fresh || !SyntheticPages.matches(SEED, fileId, pageNumber, 0, memory, offset)) {
                wrong++;
            }
        }

        @Override
        public void log(LogPiece piece, long at, MemorySegment memory, long offset, long length) {
            for (long i = 0; i < length; i++) {
                byte expected = SyntheticLog.byteAt(SEED, piece.fileId(), piece.start() + at + i);
                wrong += memory.get(ValueLayout.JAVA_BYTE, offset + i) == expected ? 0 : 1;
            }
            logBytes += length;
        }
    }
}
