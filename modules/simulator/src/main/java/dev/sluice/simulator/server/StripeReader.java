package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.MediaLabel;
import dev.sluice.mtf.inspect.ContainerUnpacker;
import dev.sluice.mtf.inspect.Finding;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.PageSink;
import dev.sluice.mtf.inspect.StreamInspector;
import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.LogBytes;
import dev.sluice.simulator.database.LogRecord;
import dev.sluice.simulator.database.RawFiles;
import dev.sluice.simulator.generator.SyntheticPages;
import dev.sluice.simulator.transfer.StripeSink;
import dev.sluice.simulator.tsql.SqlFailure;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Takes one stripe of a restore apart while it arrives.
///
/// Pages of a synthetic database are compared with what they must be, every byte of them, and a compressed
/// container
/// is unpacked for that; of anything else the sum is kept.
///
/// **Threading:** the device's thread; results are read when it has ended.
final class StripeReader implements StripeSink {

    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int OFFSET_OF_VERSION = 40;
    private static final int PAGES_PER_EXTENT = 8;

    private final RestoreSet set;
    private final int stripe;
    private final StreamInspector inspector = StreamInspector.reading(new Pages());
    private final StreamInspector unpacked = StreamInspector.reading(new Pages());
    private final ContainerUnpacker unpacker = new ContainerUnpacker(unpacked::update);
    private final MessageDigest digest = RawFiles.sha256();
    private final Map<Long, Long> versions = new HashMap<>();
    private final BitSet extents = new BitSet();
    private final byte[] expected = new byte[PageSink.PAGE];
    private final MemorySegment block = MemorySegment.ofArray(new byte[LogBytes.RECORD]);
    private final List<LogRecord> log = new ArrayList<>();
    private int inBlock;
    private @Nullable MediaLabel label;
    private @Nullable BackupHeader header;
    private Optional<Long> seed = Optional.empty();
    private long size;
    private long pages;

    StripeReader(RestoreSet set, int stripe) {
        this.set = set;
        this.stripe = stripe;
    }

    @Override
    public void accept(MemorySegment bytes) {
        if (seed.isEmpty()) {
            digest.update(bytes.asByteBuffer());
        }
        size += bytes.byteSize();
        inspector.update(bytes);
        if (header == null) {
            look();
        }
        if (header == null || seed.isPresent()) {
            unpacker.update(bytes); // which stops at once when there is no container
        }
    }

    /// Learns label and header as soon as they have passed.
    private void look() {
        switch (inspector.report()) {
            case Inspection.NotInspected unknown -> set.unknown(stripe, size, unknown);
            case Inspection.Inspected known -> {
                if (label == null && known.media() != null) {
                    label = known.media();
                    set.label(stripe, known.media());
                }
                if (known.provisional() != null) {
                    header = known.provisional();
                    seed = Content.seedOf(known.provisional().familyGuid());
                    set.header(stripe, known);
                }
            }
        }
    }

    @Override
    public boolean satisfied() {
        return set.knowsEnough(stripe) || isComplete();
    }

    /// Whether the backup has ended. A server has no reason to read what follows on the device.
    private boolean isComplete() {
        return header != null
                && inspection() instanceof Inspection.Inspected known
                && known.ending() instanceof Inspection.Ending.Complete;
    }

    /// What the stream says of itself: of a container that was unpacked, what is in it.
    Inspection inspection() {
        Inspection report = inspector.report();
        if (seed.isPresent()
                && report instanceof Inspection.Inspected front
                && front.container() == Inspection.Container.COMPRESSED
                && unpacked.report() instanceof Inspection.Inspected whole) {
            return whole.in(front.container(), front.bytes());
        }
        return report;
    }

    @Nullable
    MediaLabel label() {
        return label;
    }

    long size() {
        return size;
    }

    long pages() {
        return pages;
    }

    Map<Long, Long> versions() {
        return versions;
    }

    List<LogRecord> log() {
        return log;
    }

    BitSet extents() {
        return extents;
    }

    Content.Stripe sum() {
        return Content.Stripe.of(size, digest.digest());
    }

    /// The messages of the errors that the stream itself shows.
    void requireSound(boolean needsChecksums) {
        if (!(inspection() instanceof Inspection.Inspected known)) {
            return;
        }
        for (Finding finding : known.findings()) {
            throw switch (finding.kind()) {
                case CHECKSUM_MISMATCH, CHECKSUM_MISSING, NOT_ZERO, OUT_OF_SEQUENCE, COMPRESSED_RECORD ->
                    RestoreErrors.damaged();
                case BROKEN_BLOCK, BROKEN_STREAM, METADATA -> RestoreErrors.malformed(set.device(stripe));
                case PAGE -> RestoreErrors.damaged();
            };
        }
        boolean container = known.container() == Inspection.Container.COMPRESSED && seed.isPresent();
        if (container && unpacker.problem() != null) {
            throw RestoreErrors.damaged();
        }
        if (known.ending() instanceof Inspection.Ending.Incomplete) {
            throw RestoreErrors.incomplete();
        }
        boolean checksummed = known.header().map(BackupHeader::hasChecksums).orElse(false);
        if (needsChecksums && !checksummed) {
            throw RestoreErrors.noChecksums();
        }
    }

    private final class Pages implements PageSink {

        @Override
        public void page(int fileId, long pageNumber, MemorySegment memory, long offset) {
            pages++;
            if (header == null) {
                look(); // the header is in front of the first page, perhaps in the same chunk
            }
            if (seed.isPresent()) {
                take(seed.get(), fileId, pageNumber, memory, offset);
            }
        }

        @Override
        public void log(LogPiece piece, long at, MemorySegment memory, long offset, long length) {
            if (header == null) {
                look();
            }
            if (seed.isEmpty()) {
                return;
            }
            long done = 0;
            while (done < length) {
                int n = (int) Math.min(length - done, LogBytes.RECORD - inBlock);
                MemorySegment.copy(memory, offset + done, block, inBlock, n);
                inBlock += n;
                done += n;
                if (inBlock == LogBytes.RECORD) {
                    inBlock = 0;
                    log.add(LogBytes.read(block).orElseThrow(RestoreErrors::damaged));
                }
            }
        }

        private void take(long content, int fileId, long pageNumber, MemorySegment memory, long offset) {
            long version = memory.get(U64, offset + OFFSET_OF_VERSION);
            MemorySegment wanted = MemorySegment.ofArray(expected);
            SyntheticPages.fill(content, fileId, pageNumber, version, wanted, 0);
            if (MemorySegment.mismatch(wanted, 0, PAGE, memory, offset, offset + PAGE) >= 0) {
                throw damagedPage(fileId, pageNumber);
            }
            extents.set(Math.toIntExact(pageNumber / PAGES_PER_EXTENT));
            if (version != 0) {
                versions.put(pageNumber, version);
            } else {
                versions.remove(pageNumber);
            }
        }

        private SqlFailure damagedPage(int fileId, long pageNumber) {
            return RestoreErrors.damagedPage(fileId, pageNumber, set.database());
        }
    }
}
