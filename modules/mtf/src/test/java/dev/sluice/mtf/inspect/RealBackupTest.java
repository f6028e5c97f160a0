package dev.sluice.mtf.inspect;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSetType;
import dev.sluice.mtf.Filegroup;
import dev.sluice.mtf.MediaLabel;
import dev.sluice.mtf.RecoveryModel;
import dev.sluice.testsupport.RealBackups;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What SQL Server really writes is understood to the last byte.
final class RealBackupTest {
    private static final String README = "dev.sluice.testsupport.RealBackups#all";
    private static final String PLAIN = "dev.sluice.testsupport.RealBackups#plain";
    private static final String COMPRESSED = "dev.sluice.testsupport.RealBackups#compressed";

    @Test
    void thereAreAsManyAsTheReadmeSays() {
        assertThat(RealBackups.plain()).hasSize(18);
        assertThat(RealBackups.compressed()).hasSize(2);
    }

    @ParameterizedTest
    @MethodSource(README)
    void saysWhatItsReadmeSays(RealBackups.Stated stated) {
        Inspection.Inspected inspected = Chunks.inspected(stated.content(), Integer.MAX_VALUE / 2);

        BackupHeader header = inspected.header().orElseThrow();
        MediaLabel media = requireNonNull(inspected.media());
        assertThat(inspected.bytes()).isEqualTo(stated.bytes());
        assertThat(header.database()).isEqualTo(stated.database());
        assertThat(header.version()).hasToString(stated.version());
        assertThat(header.typeLetter()).isEqualTo(stated.type());
        assertThat(header.type())
                .isEqualTo(BackupSetType.ofLetter(stated.type()))
                .isPresent();
        assertThat(header.flags()).isEqualTo(stated.flags());
        assertThat(header.hasChecksums()).isEqualTo((stated.flags() & 0x10) != 0);
        assertThat(media.family()).isEqualTo(stated.family());
        assertThat(media.families()).isEqualTo(stated.families());
        assertThat(media.blockSize()).isEqualTo(512);
        assertThat(media.software()).isEqualTo("Microsoft SQL Server");
        assertThat(media.passwordProtected()).isEqualTo(stated.file().contains("password"));
        assertThat(header.firstLsn()).hasToString(stated.first());
        assertThat(header.lastLsn()).hasToString(stated.last());
        assertThat(header.checkpointLsn()).hasToString(stated.checkpoint());
        assertThat(header.databaseBackupLsn()).hasToString(stated.databaseBackup());
        assertThat(header.started()).isEqualTo(stated.started());
        assertThat(requireNonNull(inspected.set()).started()).isEqualTo(stated.started());
        assertThat(inspected.findings()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource(PLAIN)
    void isWalkedToItsLastByte(RealBackups.Stated stated) {
        Inspection.Inspected inspected = Chunks.inspected(stated.content(), 65_536);

        assertThat(inspected.walked()).isEqualTo(stated.bytes());
        assertThat(inspected.ending()).isEqualTo(new Inspection.Ending.Complete());
        assertThat(inspected.sound()).isTrue();
        assertThat(inspected.sets()).isEqualTo(1);
        assertThat(inspected.blocks().getFirst()).isEqualTo(new Inspection.BlockPosition("TAPE", 0));
        assertThat(inspected.blocks())
                .extracting(Inspection.BlockPosition::block)
                .containsSubsequence(
                        "TAPE", "SFMB", "SSET", "VOLB", "MSCI", "MSTL", "MSLS", "SFMB", "ESET", "ESET", "SFMB");
    }

    @ParameterizedTest
    @MethodSource(README)
    void readsTheSameInChunksOfAnySize(RealBackups.Stated stated) {
        byte[] content = stated.content();
        Inspection whole = Chunks.inspect(content, content.length);

        for (int chunk : new int[] {1, 7, 509, 4_099, 65_536, 1_000_003}) {
            assertThat(Chunks.inspect(content, chunk)).isEqualTo(whole);
        }
        assertThat(Chunks.feedBuffers(StreamInspector.full(), content, 4_099).report())
                .isEqualTo(whole);
        ByteBuffer direct =
                ByteBuffer.allocateDirect(content.length).put(content).flip();
        StreamInspector inspector = StreamInspector.full();
        inspector.update(direct);
        assertThat(inspector.report()).isEqualTo(whole);
        assertThat(direct.remaining()).isEqualTo(content.length);
    }

    /// A header of a name that is not known may be of another format: that is no damage.
    @ParameterizedTest
    @MethodSource(PLAIN)
    void aChangedBitInAHeaderIsDamageUnlessItIsInTheName(RealBackups.Stated stated) {
        byte[] content = stated.content();
        for (Inspection.BlockPosition block : Chunks.inspected(content, 65_536).blocks()) {
            int at = (int) block.position();
            StreamInspector changed = structure(content, at + 20);
            assertThat(changed.headerIsDamaged()).as(block.toString()).isTrue();
            assertThat(changed.isLost()).isTrue();
            if (at > 0) {
                StreamInspector renamed = structure(content, at);
                assertThat(renamed.headerIsDamaged()).as(block.toString()).isFalse();
                assertThat(renamed.isLost()).isTrue();
            }
        }
        StreamInspector whole = StreamInspector.structureOnly();
        whole.update(MemorySegment.ofArray(content));
        assertThat(whole.isLost()).isFalse();
    }

    private static StreamInspector structure(byte[] content, int changed) {
        StreamInspector inspector = StreamInspector.structureOnly();
        content[changed] ^= 1;
        inspector.update(MemorySegment.ofArray(content));
        content[changed] ^= 1;
        return inspector;
    }

    @ParameterizedTest
    @MethodSource(PLAIN)
    void hasItsSizeInItsFinalHeader(RealBackups.Stated stated) {
        Inspection.Inspected inspected = Chunks.inspected(stated.content(), 65_536);
        BackupHeader last = requireNonNull(inspected.last());
        long msls = inspected.blocks().stream()
                .filter(block -> block.block().equals("MSLS"))
                .mapToLong(Inspection.BlockPosition::position)
                .sum();

        // The size counts all stripes, so one stripe of several shows only a part of it.
        if (stated.families() == 1) {
            assertThat(last.size()).isEqualTo(msls - 512);
        } else {
            assertThat(last.size()).isGreaterThan(msls - 512);
        }
        assertThat(last.finished()).isAfterOrEqualTo(last.started());
        assertThat(requireNonNull(inspected.provisional()).finished()).isNull();
    }

    @Test
    void chainIsHeldTogetherByGuidsAndLsns() {
        BackupHeader full = header("chain-2016/RestoreTimeClean.bak");
        UUID fullGuid = requireNonNull(
                requireNonNull(Chunks.inspected(RealBackups.read("chain-2016/RestoreTimeClean.bak"), 65_536)
                                .set())
                        .guid());
        BackupHeader differential = header("chain-2016/RestoreTimeClean2.bak");
        List<BackupHeader> logs = List.of(
                header("chain-2016/RestoreTimeClean_1.trn"),
                header("chain-2016/RestoreTimeClean_2.trn"),
                header("chain-2016/RestoreTimeClean_3.trn"),
                header("chain-2016/RestoreTimeClean2_1.trn"),
                header("chain-2016/RestoreTimeClean2_2.trn"),
                header("chain-2016/RestoreTimeClean2_3.trn"));

        assertThat(fullGuid).hasToString("c6c44151-8a2c-4c6c-9bf5-2e02090c8ebc");
        assertThat(differential.differentialBaseGuid()).isEqualTo(fullGuid);
        assertThat(differential.differentialBaseLsn()).isEqualTo(full.checkpointLsn());
        assertThat(full.differentialBaseGuid()).isNull();
        for (int i = 0; i < logs.size(); i++) {
            BackupHeader log = logs.get(i);
            assertThat(log.lastFullSet()).isEqualTo(fullGuid);
            assertThat(log.recoveryFork()).isEqualTo(full.recoveryFork()).isEqualTo(log.firstRecoveryFork());
            assertThat(log.familyGuid()).isEqualTo(full.familyGuid()).isNotNull();
            assertThat(log.bindingId()).isEqualTo(full.bindingId()).isNotNull();
            assertThat(log.recoveryModel()).isEqualTo(RecoveryModel.FULL);
            if (i > 0) {
                assertThat(log.firstLsn()).isEqualTo(logs.get(i - 1).lastLsn());
            }
        }
        assertThat(logs.getFirst().firstLsn()).isLessThan(full.lastLsn());
    }

    @Test
    void stripesShareMediaSetAndBackupSet() {
        Inspection.Inspected one =
                Chunks.inspected(RealBackups.read("striped-2008r2/stripe1/RestoreTimeStripe.bak"), 4_096);
        Inspection.Inspected two =
                Chunks.inspected(RealBackups.read("striped-2008r2/stripe2/RestoreTimeStripe1.bak"), 4_096);
        MediaLabel first = requireNonNull(one.media());
        MediaLabel second = requireNonNull(two.media());

        assertThat(first.mediaSet()).isNotNull().isEqualTo(second.mediaSet());
        assertThat(first.mediaFamilyId()).isNotEqualTo(second.mediaFamilyId());
        assertThat(requireNonNull(one.set()).guid())
                .isNotNull()
                .isEqualTo(requireNonNull(two.set()).guid());
        assertThat(requireNonNull(one.last()).size())
                .isEqualTo(requireNonNull(two.last()).size());
    }

    @Test
    void namesWhoWhereAndWhichFiles() {
        Inspection.Inspected inspected = Chunks.inspected(RealBackups.read("chain-2016/RestoreTimeClean.bak"), 65_536);
        BackupHeader header = inspected.header().orElseThrow();

        assertThat(requireNonNull(inspected.set()).user()).isEqualTo("WIN-JNMR8KM0U3B\\Administrator");
        assertThat(requireNonNull(inspected.set()).machine()).isEqualTo("WIN-JNMR8KM0U3B");
        assertThat(requireNonNull(inspected.set()).softwareMajor()).isEqualTo(13);
        assertThat(header.server()).isEqualTo("WIN-JNMR8KM0U3B\\SQL2016");
        assertThat(header.created()).isEqualTo(LocalDateTime.of(2019, 5, 2, 19, 20, 2));
        assertThat(header.finished()).isEqualTo(LocalDateTime.of(2019, 5, 2, 21, 0, 55));
        assertThat(header.compatibilityLevel()).isEqualTo(100);
        assertThat(header.databaseVersion()).isEqualTo(852);
        assertThat(header.filegroups()).containsExactly(new Filegroup(1, "PRIMARY"));
        assertThat(header.files()).hasSize(2);
        BackupFile data = header.files().getFirst();
        assertThat(data.kind()).isEqualTo(BackupFile.Kind.DATA);
        assertThat(data.id()).isEqualTo(1);
        assertThat(data.logicalName()).isEqualTo("RestoreTimeClean");
        assertThat(data.physicalName()).endsWith("\\MSSQL\\DATA\\RestoreTimeClean.mdf");
        assertThat(data.size()).isEqualTo(0x340000);
        assertThat(data.backedUpPages()).isEqualTo(296);
        assertThat(data.maxSize()).isEqualTo(0x1FFF_FFFF_E000L);
        BackupFile log = header.files().getLast();
        assertThat(log.kind()).isEqualTo(BackupFile.Kind.LOG);
        assertThat(log.id()).isEqualTo(2);
        assertThat(log.logicalName()).isEqualTo("RestoreTimeClean_log");
    }

    @Test
    void checksumsOfBackupsThatHaveThemHold() {
        long matched = 0;
        for (RealBackups.Stated stated : RealBackups.plain()) {
            Inspection.Checksums checksums =
                    Chunks.inspected(stated.content(), 8_191).checksums();
            assertThat(checksums.mismatched()).isZero();
            boolean expected = (stated.flags() & 0x10) != 0 && !stated.first().equals(stated.last());
            assertThat(checksums.matched() > 0).as(stated.file()).isEqualTo(expected);
            matched += checksums.matched();
        }
        assertThat(matched).isGreaterThanOrEqualTo(8);
    }

    @ParameterizedTest
    @MethodSource(PLAIN)
    void uncoveredBytesAreListedAndTheRestIsNot(RealBackups.Stated stated) {
        Coverage uncovered = Chunks.inspected(stated.content(), 65_536).uncovered();

        assertThat(uncovered.truncated()).isFalse();
        assertThat(uncovered.ranges().stream().mapToLong(Coverage.Range::length).sum())
                .isEqualTo(uncovered.total())
                .isLessThan(stated.bytes());
        boolean checksums = (stated.flags() & 0x10) != 0;
        assertThat(uncovered.bytes().containsKey(Coverage.Kind.LOG)
                        || uncovered.bytes().containsKey(Coverage.Kind.PAGES))
                .as("pages or log without checksum")
                .isEqualTo(!checksums && stated.bytes() > 30_000);
    }

    @ParameterizedTest
    @MethodSource(COMPRESSED)
    void compressedContainerShowsItsFront(RealBackups.Stated stated) {
        Inspection.Inspected inspected = Chunks.inspected(stated.content(), 65_536);

        assertThat(inspected.container()).isEqualTo(Inspection.Container.COMPRESSED);
        assertThat(inspected.ending()).isEqualTo(new Inspection.Ending.Unknown());
        assertThat(inspected.provisional()).isNotNull();
        assertThat(inspected.last()).isNull();
        assertThat(inspected.uncovered().total()).isEqualTo(stated.bytes());
    }

    @Test
    void pagesAndLogCanBeReadAsTheyPass() {
        byte[] content = RealBackups.read("chain-2016/RestoreTimeClean.bak");
        for (int chunk : new int[] {1_021, 8_192, 65_536, content.length}) {
            Pages pages = new Pages();

            Inspection report =
                    Chunks.feed(StreamInspector.reading(pages), content, chunk).report();

            assertThat(((Inspection.Inspected) report).sound()).isTrue();
            assertThat(pages.count).isEqualTo(296);
            assertThat(pages.outOfOrder).isZero();
            assertThat(pages.bootPage).contains("RestoreTimeClean");
            assertThat(pages.log).isEqualTo(new PageSink.LogPiece(2, 4_247_552, 4_262_912));
            assertThat(pages.logBytes).isEqualTo(15_360);
        }
    }

    private static BackupHeader header(String file) {
        return requireNonNull(Chunks.inspected(RealBackups.read(file), 65_536).last());
    }

    private static final class Pages implements PageSink {
        private int count;
        private int outOfOrder;
        private long lastPage = -1;
        private String bootPage = "";
        private LogPiece log = new LogPiece(0, 0, 0);
        private long logBytes;

        @Override
        public void page(int fileId, long pageNumber, MemorySegment memory, long offset) {
            count++;
            outOfOrder += pageNumber <= lastPage ? 1 : 0;
            lastPage = pageNumber;
            if (fileId == 1 && pageNumber == 9) { // the boot page names the database
                byte[] bytes = memory.asSlice(offset, PAGE).toArray(ValueLayout.JAVA_BYTE);
                bootPage = new String(bytes, StandardCharsets.UTF_16LE);
                assertThat(HexFormat.of().formatHex(bytes, 0, 2)).isEqualTo("010d");
            }
        }

        @Override
        public void log(LogPiece piece, long at, MemorySegment memory, long offset, long length) {
            assertThat(at).isEqualTo(logBytes);
            log = piece;
            logBytes += length;
        }
    }
}
