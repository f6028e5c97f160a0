package dev.sluice.engine.rebuild;

import dev.sluice.catalog.BackupDocument.Blocks;
import dev.sluice.catalog.BackupDocument.Segment;
import dev.sluice.engine.run.Blocking;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.StreamInspector;
import dev.sluice.mtf.inspect.StreamTail;
import dev.sluice.s3.DownloadPlan;
import dev.sluice.s3.ObjectFacts;
import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Store;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/// The stream that lies in one or more objects, of which no document tells.
///
/// Looking reads some tens of KiB at its beginning and at its end, and more only where the records about a database
/// of thousands of files are longer. Nothing that the stream says of itself decides how much memory is taken: pieces
/// have sizes of their own.
///
/// **Threading:** one thread at a time; every method waits for the store.
///
/// **Errors:** [Unusable] when an object is gone; [dev.sluice.s3.S3Failure].
final class StoredStream {

    /// The header of an ordinary database is within the first.
    private static final int[] FRONTS = {64 << 10, 192 << 10, 1 << 20, 4 << 20, 12 << 20};

    private static final int[] TAILS = {128 << 10, 2 << 20, 18 << 20};

    private static final int BLOCK = DownloadPlan.DEFAULT_BLOCK_SIZE;

    private final S3Store store;
    private final List<ObjectFacts> objects;
    private final Blocking blocking;

    /// @param objects in their order
    StoredStream(S3Store store, List<ObjectFacts> objects, Blocking blocking) {
        this.store = store;
        this.objects = List.copyOf(objects);
        this.blocking = blocking;
    }

    /// A stream with what was found out about it.
    ///
    /// @param segments with sums if it was read
    record Seen(List<Segment> segments, StreamHead head) {}

    /// Whether it begins as a backup does.
    boolean isBackup() {
        return StreamInspector.begins(MemorySegment.ofArray(piece(0, Long.BYTES)));
    }

    long bytes() {
        return objects.stream().mapToLong(facts -> facts.object().bytes()).sum();
    }

    /// Reads the beginning and the end.
    Seen look() {
        StreamInspector inspector = StreamInspector.structureOnly();
        long at = 0;
        for (int length : FRONTS) {
            byte[] piece = piece(at, length);
            inspector.update(MemorySegment.ofArray(piece));
            at += piece.length;
            if (at >= bytes() || isKnown(inspector.report())) {
                break;
            }
        }
        Inspection front = inspector.report();
        List<Segment> segments = objects.stream().map(StoredStream::unread).toList();
        boolean plain = front instanceof Inspection.Inspected inspected
                && inspected.container() == Inspection.Container.PLAIN
                && inspected.header().isPresent();
        return new Seen(segments, plain && at < bytes() ? ended(front) : StreamHead.of(front));
    }

    private StreamHead ended(Inspection front) {
        for (int length : TAILS) {
            long from = Math.max(0, bytes() - length);
            Optional<StreamTail> tail = StreamTail.of(MemorySegment.ofArray(piece(from, length)), from);
            if (tail.isPresent() || from == 0) {
                return StreamHead.of(front, tail);
            }
        }
        return StreamHead.of(front, Optional.empty());
    }

    private static boolean isKnown(Inspection inspection) {
        return switch (inspection) {
            case Inspection.NotInspected _ -> true; // more of it tells no more
            case Inspection.Inspected inspected -> inspected.header().isPresent();
        };
    }

    /// Reads all of it, and makes the sums of its blocks.
    Seen read() {
        StreamInspector inspector = StreamInspector.full();
        List<Segment> segments = new ArrayList<>();
        for (ObjectFacts facts : objects) {
            segments.add(read(facts, inspector));
        }
        return new Seen(segments, StreamHead.of(inspector.report()));
    }

    private Segment read(ObjectFacts facts, StreamInspector inspector) {
        ObjectInfo object = facts.object();
        CRC32C whole = new CRC32C();
        List<String> blocks = new ArrayList<>();
        for (long at = 0; at < object.bytes(); at += BLOCK) {
            byte[] bytes = piece(object, at, (int) Math.min(BLOCK, object.bytes() - at));
            CRC32C block = new CRC32C();
            block.update(bytes);
            whole.update(bytes);
            blocks.add(hex((int) block.getValue()));
            inspector.update(MemorySegment.ofArray(bytes));
        }
        Integer kept = facts.crc32c();
        if (kept != null && kept != (int) whole.getValue()) {
            throw new Unusable(
                    "%s is damaged: its bytes sum up to CRC32C %s, and the bucket keeps %s since it was stored"
                            .formatted(object.key(), hex((int) whole.getValue()), hex(kept)));
        }
        return new Segment(
                object.key(),
                object.bytes(),
                hex((int) whole.getValue()),
                object.eTag(),
                List.of(),
                new Blocks(BLOCK, blocks));
    }

    private static Segment unread(ObjectFacts facts) {
        ObjectInfo object = facts.object();
        Integer kept = facts.crc32c();
        return new Segment(
                object.key(), object.bytes(), kept == null ? null : hex(kept), object.eTag(), List.of(), null);
    }

    private static String hex(int sum) {
        return HexFormat.of().toHexDigits(sum);
    }

    /// Bytes of the stream, across its objects; fewer where it ends.
    private byte[] piece(long offset, int length) {
        byte[] bytes = new byte[(int) Math.min(length, bytes() - offset)];
        int have = 0;
        long start = 0;
        for (ObjectFacts facts : objects) {
            ObjectInfo object = facts.object();
            long inside = offset + have - start;
            if (have < bytes.length && inside < object.bytes()) {
                int count = (int) Math.min(bytes.length - have, object.bytes() - inside);
                byte[] piece = piece(object, inside, count);
                System.arraycopy(piece, 0, bytes, have, count);
                have += count;
            }
            start += object.bytes();
        }
        return bytes;
    }

    private byte[] piece(ObjectInfo object, long offset, int length) {
        byte[] bytes = blocking.read(store.piece(object, offset, length))
                .orElseThrow(() -> new Unusable(object.key() + " is gone"));
        if (bytes.length != length) {
            throw new Unusable("%s changed while it was read".formatted(object.key()));
        }
        return bytes;
    }
}
