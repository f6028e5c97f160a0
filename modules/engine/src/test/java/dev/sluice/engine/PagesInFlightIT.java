package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.PageSink;
import dev.sluice.mtf.inspect.StreamInspector;
import dev.sluice.simulator.generator.BackupRecipe;
import dev.sluice.simulator.generator.Extents;
import dev.sluice.simulator.generator.StripeStream;
import dev.sluice.simulator.generator.SyntheticBackup;
import dev.sluice.simulator.generator.SyntheticPages;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// `backup.verify-in-flight` goes by the checksums that SQL Server writes behind the pages. They cover every byte
/// of a page, whatever its own header says of a checksum of its own (`PAGE_VERIFY`), that header included.
///
/// The server sends a file that this test has made, with one bit changed: so the change lies behind SQL Server's
/// checksum.
@Timeout(180)
class PagesInFlightIT {

    private static final BackupOptions CHECKED = BackupOptions.DEFAULT.withVerifyInFlight(true);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int SEED = 7;
    private static final int TYPE = 1;
    private static final int FLAGS = 4;
    private static final int OWN_CHECKSUM = 60;
    private static final int BODY = 5000;

    /// Of a stream's header, where its attributes are; one of them says that a checksum follows.
    private static final int ATTRIBUTES = 6;

    /// What a page's header says, as SQL Server writes it for the three values of PAGE_VERIFY.
    enum PageVerify {
        CHECKSUM(0x200),
        TORN_PAGE_DETECTION(0x100),
        NONE(0);

        private final int flags;

        PageVerify(int flags) {
            this.flags = flags;
        }

        static PageVerify of(long page) {
            return values()[(int) (page % values().length)];
        }
    }

    @TempDir
    Path directory;

    private Path file;
    private byte[] content;
    private final Map<PageVerify, Integer> pages = new EnumMap<>(PageVerify.class);
    private Installation installation;

    @BeforeEach
    void start() throws Exception {
        BackupRecipe usual =
                new SyntheticBackup("Sales", SEED).extents(Extents.of(1, 16)).recipe();
        StripeStream stream = usual.with(PagesInFlightIT::page, usual.log()).stripe(0);
        content = new byte[Math.toIntExact(stream.length())];
        stream.read(MemorySegment.ofArray(content));
        StreamInspector.reading(new Pages()).update(MemorySegment.ofArray(content));
        assertThat(pages).containsOnlyKeys(PageVerify.values());
        file = Files.write(directory.resolve("sales.bak"), content);
        installation = Installation.start(
                Files.createDirectory(directory.resolve("server")),
                options -> options.withRawDatabase("Sales", List.of(file)));
    }

    @AfterEach
    void stop() {
        if (installation != null) {
            installation.close();
        }
    }

    private static void page(int fileId, long number, MemorySegment memory, long offset) {
        SyntheticPages.fill(SEED, fileId, number, 0, memory, offset);
        PageVerify kind = PageVerify.of(number);
        memory.set(U16, offset + FLAGS, (short) kind.flags);
        memory.set(U32, offset + OWN_CHECKSUM, kind == PageVerify.NONE ? 0 : (int) (number * 0x9E3779B9L));
    }

    /// Notes where the first page of each kind lies in the stream.
    private final class Pages implements PageSink {
        @Override
        @SuppressWarnings("ReferenceEquality") // in this array, not in a copy of a page
        public void page(int fileId, long number, MemorySegment memory, long offset) {
            if (memory.heapBase().orElse(null) == content) {
                assertThat(Short.toUnsignedInt(memory.get(U16, offset + FLAGS))).isEqualTo(PageVerify.of(number).flags);
                pages.putIfAbsent(PageVerify.of(number), Math.toIntExact(offset));
            }
        }
    }

    private BackupRequest request() {
        return BackupRequest.full("Sales", 1).withOptions(CHECKED);
    }

    /// @param bit of the byte
    private OperationFailed refused(int at, int bit) throws IOException {
        byte[] changed = content.clone();
        changed[at] ^= (byte) (1 << bit);
        Files.write(file, changed);
        OperationFailed[] refused = new OperationFailed[1];
        assertThatThrownBy(() -> installation.backup(request()))
                .as("bit %s of byte %s", bit, at)
                .isInstanceOfSatisfying(OperationFailed.class, failure -> refused[0] = failure);
        assertThat(refused[0].id()).isEqualTo(FailureId.STREAM_DAMAGED);
        assertThat(installation.keys()).noneMatch(key -> key.contains("/data/") || key.contains("/catalog/"));
        return refused[0];
    }

    private int position(String block) {
        StreamInspector inspector = StreamInspector.full();
        inspector.update(MemorySegment.ofArray(content));
        return ((Inspection.Inspected) inspector.report())
                .blocks().stream()
                        .filter(one -> one.block().equals(block))
                        .mapToInt(one -> Math.toIntExact(one.position()))
                        .findFirst()
                        .orElseThrow();
    }

    @ParameterizedTest
    @EnumSource
    void aChangedBitOfAPageIsNoticedWhateverItsHeaderSays(PageVerify kind) throws Exception {
        int page = pages.get(kind);

        for (int at : new int[] {TYPE, OWN_CHECKSUM, BODY}) {
            assertThat(refused(page + at, 3).what()).contains("have checksum", "the backup says");
        }
    }

    /// With that bit changed, a page with a checksum of its own says that it has none, and the other way round.
    @ParameterizedTest
    @EnumSource
    void theBitThatSaysSoIsCoveredItself(PageVerify kind) throws Exception {
        int flags = pages.get(kind) + FLAGS + 1;

        assertThat(refused(flags, 1).what()).contains("have checksum", "the backup says");
        assertThat(refused(flags, 0).what()).contains("have checksum", "the backup says");
    }

    /// The stream's own header says that a checksum follows. No changed bit of it makes the check pass over the pages.
    @Test
    void theBitOfTheStreamThatAnnouncesAChecksumIsCoveredByItsHeader() throws Exception {
        int data = position("MSDA");
        int stream = new String(content, StandardCharsets.ISO_8859_1).indexOf("MQDA", data);
        assertThat(stream).isGreaterThan(data);

        for (int bit = 0; bit < Short.SIZE; bit++) {
            assertThat(refused(stream + ATTRIBUTES + bit / Byte.SIZE, bit % Byte.SIZE)
                            .what())
                    .contains("the checksum does not hold");
        }
    }

    @Test
    void whatIsWholePassesWithPagesOfEveryKind() {
        BackupDocument backup = installation.backup(request()).document();

        assertThat(installation
                        .engine
                        .verify(backup, RunObserver.SILENT)
                        .block(Installation.SOON)
                        .sound())
                .isTrue();
    }
}
