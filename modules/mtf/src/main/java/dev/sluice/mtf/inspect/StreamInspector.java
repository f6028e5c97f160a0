package dev.sluice.mtf.inspect;

import dev.sluice.mtf.Tag;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Looks at a backup stream while it passes on to somewhere else.
///
/// Feed it every byte, once and in order, in chunks of any size; ask for a [#report()] whenever one is needed.
/// It remembers at most one block header or one set of records about the backup (1 MiB), never pages, and on
/// the path of page data creates no object, except the view of a [ByteBuffer].
///
/// **Ownership:** a chunk is read during the call and not kept.
///
/// **Threading:** one thread at a time.
///
/// **Errors:** what the stream contains never makes it throw; a stream that is not understood is reported as
/// such. Memory that must not be accessed throws as usual, and so does what a [PageSink] throws.
public final class StreamInspector {
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int SNIFFED = Long.BYTES;

    private enum Shape {
        UNDECIDED,
        PLAIN,
        COMPRESSED,
        UNKNOWN
    }

    private final MemorySegment start = MemorySegment.ofArray(new byte[SNIFFED]);
    private final Findings findings = new Findings();
    private final FactCollector facts = new FactCollector(findings);
    private final BlockIndex blocks = new BlockIndex();
    private final CoverageMeter coverage;
    private final @Nullable ChecksumCheck checksums;
    private final StreamWalker walker;

    private Shape shape = Shape.UNDECIDED;
    private @Nullable CompressedFront front;
    private long bytes;

    private StreamInspector(boolean recompute, @Nullable PageSink sink) {
        coverage = new CoverageMeter(recompute);
        checksums = recompute ? new ChecksumCheck(findings) : null;
        List<StreamListener> listeners =
                new ArrayList<>(List.of(facts, blocks, new StructureCheck(findings), coverage));
        if (checksums != null) {
            listeners.add(checksums);
        }
        if (sink != null) {
            listeners.add(new PageReader(sink, findings));
        }
        walker = new StreamWalker(findings, listeners);
    }

    /// Checks everything that can be checked, and so reads every byte of a backup with checksums.
    public static StreamInspector full() {
        return new StreamInspector(true, null);
    }

    /// Follows the structure and leaves page data unread.
    public static StreamInspector structureOnly() {
        return new StreamInspector(false, null);
    }

    /// Checks everything, page identities and order included, and hands pages and log to `sink` as they pass.
    public static StreamInspector reading(PageSink sink) {
        return new StreamInspector(true, sink);
    }

    /// Whether a stream begins as a backup does, plain or compressed: what it is else, its name does not tell.
    ///
    /// @param front at least its first eight bytes, or all of it
    public static boolean begins(MemorySegment front) {
        if (front.byteSize() < SNIFFED) {
            return false;
        }
        long start = front.get(U64, 0);
        return start == CompressedFront.MAGIC || (int) start == Tag.TAPE;
    }

    /// The next bytes of the stream.
    public void update(MemorySegment chunk) {
        update(chunk, 0, chunk.byteSize());
    }

    /// The next bytes of the stream, from the buffer's position to its limit, which stay as they are.
    public void update(ByteBuffer chunk) {
        update(MemorySegment.ofBuffer(chunk));
    }

    /// The next bytes of the stream.
    public void update(MemorySegment chunk, long offset, long length) {
        long at = offset;
        long end = offset + length;
        if (shape == Shape.UNDECIDED) {
            at += sniff(chunk, offset, length);
        }
        feed(chunk, at, end - at);
        bytes += end - at;
    }

    private long sniff(MemorySegment chunk, long offset, long length) {
        long n = Math.min(length, SNIFFED - bytes);
        MemorySegment.copy(chunk, offset, start, bytes, n);
        bytes += n;
        if (bytes == SNIFFED) {
            if (start.get(U64, 0) == CompressedFront.MAGIC) {
                shape = Shape.COMPRESSED;
                front = new CompressedFront(walker, facts, findings);
            } else {
                shape = (int) start.get(U64, 0) == Tag.TAPE ? Shape.PLAIN : Shape.UNKNOWN;
            }
            feed(start, 0, SNIFFED);
        }
        return n;
    }

    private void feed(MemorySegment chunk, long offset, long length) {
        if (shape == Shape.PLAIN) {
            walker.update(chunk, offset, length);
        } else if (front != null) {
            front.update(chunk, offset, length);
        }
    }

    /// How many of SQL Server's checksums did not hold so far; 0 where none are computed. Costs nothing, so it
    /// may be asked after each chunk.
    public long mismatchedChecksums() {
        return checksums == null ? 0 : checksums.mismatched();
    }

    /// Whether a plain stream could be followed only to a header that has the name of a known one, and another
    /// checksum: a bit of it has changed. Behind it, nothing is computed. Costs nothing.
    public boolean headerIsDamaged() {
        return shape == Shape.PLAIN && walker.headerIsDamaged();
    }

    /// Whether a plain stream can be followed no further, for whatever reason. Costs nothing.
    public boolean isLost() {
        return shape == Shape.PLAIN && walker.stopped();
    }

    /// What is known by now, and how it would be judged if the stream ended here.
    public Inspection report() {
        return switch (shape) {
            case UNDECIDED ->
                new Inspection.NotInspected(bytes, bytes, String.format(Locale.ROOT, "ended after %d bytes", bytes));
            case UNKNOWN -> new Inspection.NotInspected(bytes, 0, "begins with neither TAPE nor MSSQLBAK");
            case PLAIN ->
                blocks.count() == 0 ? notABackup("the first block (TAPE) is damaged or incomplete") : inspected();
            case COMPRESSED ->
                blocks.count() == 0
                        ? notABackup("the front of the compressed container (MSSQLBAK) cannot be unpacked")
                        : inspected();
        };
    }

    private Inspection notABackup(String reason) {
        List<Finding> first = findings.first();
        return first.isEmpty()
                ? new Inspection.NotInspected(bytes, 0, reason)
                : new Inspection.NotInspected(
                        bytes,
                        first.getFirst().position(),
                        reason + ": " + first.getFirst().text());
    }

    private Inspection inspected() {
        boolean compressed = shape == Shape.COMPRESSED;
        return new Inspection.Inspected(
                bytes,
                compressed ? Inspection.Container.COMPRESSED : Inspection.Container.PLAIN,
                facts.media(),
                facts.set(),
                facts.provisional(),
                facts.complete(),
                facts.sets(),
                blocks.first(),
                blocks.count(),
                Math.min(walker.position(), bytes),
                ending(),
                checksums == null
                        ? new Inspection.Checksums(0, 0, false)
                        : new Inspection.Checksums(checksums.matched(), checksums.mismatched(), true),
                findings.first(),
                findings.count(),
                compressed ? CoverageMeter.allOf(Coverage.Kind.COMPRESSED, bytes) : coverage.coverage(rest()));
    }

    /// Bytes behind a break are not covered by anything.
    private Coverage.Range rest() {
        return new Coverage.Range(Coverage.Kind.NOT_WALKED, walker.position(), bytes - walker.position());
    }

    private Inspection.Ending ending() {
        if (shape == Shape.COMPRESSED) {
            return new Inspection.Ending.Unknown();
        }
        if (walker.stopped()) {
            return new Inspection.Ending.Incomplete(
                    facts.ended() ? "something follows the end of the backup" : "the structure breaks here",
                    walker.position());
        }
        if (!walker.atBlockBoundary()) {
            return new Inspection.Ending.Incomplete("cut off " + walker.whereabouts(), bytes);
        }
        return facts.ended()
                ? new Inspection.Ending.Complete()
                : new Inspection.Ending.Incomplete(facts.missing(), bytes);
    }
}
