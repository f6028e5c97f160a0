package dev.sluice.simulator.generator;

import dev.sluice.mtf.BackupChecksum;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/// One stripe of a backup, read from its first byte to its last into memory of any size.
///
/// Pages that fit are produced where they are wanted, without a copy; creates no objects on that path.
///
/// **Threading:** one thread at a time; stripes of a backup are independent of each other.
public final class StripeStream {
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final BackupRecipe recipe;
    private final List<Piece> pieces;
    private final long length;
    private final BackupChecksum checksum = new BackupChecksum();
    private final MemorySegment stored = MemorySegment.ofArray(new byte[Integer.BYTES]);
    private final MemorySegment page = MemorySegment.ofArray(new byte[PageSource.PAGE]); // read in parts
    private long inBuffer = -1; // number, in its piece, of the page in the buffer
    private int current;
    private long position;

    StripeStream(BackupRecipe recipe, StripeLayout layout) {
        this.recipe = recipe;
        this.pieces = layout.pieces();
        this.length = layout.length();
    }

    /// Bytes of the whole stripe.
    public long length() {
        return length;
    }

    /// Bytes read so far.
    public long position() {
        return position;
    }

    /// Fills `memory`, or as much of it as there is left to read.
    ///
    /// @return bytes written; less than asked for only at the end, and then 0
    public long read(MemorySegment memory) {
        return read(memory, 0, memory.byteSize());
    }

    /// Writes `count` bytes to `memory` at `offset`, or as many as there are left to read.
    public long read(MemorySegment memory, long offset, long count) {
        long written = 0;
        while (written < count && current < pieces.size()) {
            Piece piece = pieces.get(current);
            long at = position - piece.position();
            long n = Math.min(count - written, piece.length() - at);
            produce(piece, at, memory, offset + written, n);
            written += n;
            position += n;
            if (at + n == piece.length()) {
                current++;
                inBuffer = -1;
            }
        }
        return written;
    }

    private void produce(Piece piece, long at, MemorySegment memory, long offset, long count) {
        switch (piece) {
            case Piece.Fixed fixed ->
                MemorySegment.copy(fixed.bytes(), (int) at, memory, ValueLayout.JAVA_BYTE, offset, (int) count);
            case Piece.Pages pages -> {
                start(at);
                pages(pages.extents(), at, memory, offset, count);
                sum(memory, offset, count);
            }
            case Piece.Log log -> {
                start(at);
                log(log.used(), at, memory, offset, count);
                sum(memory, offset, count);
            }
            case Piece.Checksum _ -> {
                stored.set(U32, 0, checksum.value());
                MemorySegment.copy(stored, at, memory, offset, count);
            }
        }
    }

    private void start(long at) {
        if (at == 0) {
            checksum.reset();
        }
    }

    private void sum(MemorySegment memory, long offset, long count) {
        if (recipe.checksums()) {
            checksum.update(memory, offset, count);
        }
    }

    private void pages(Extents extents, long at, MemorySegment memory, long offset, long count) {
        long done = 0;
        while (done < count) {
            long number = (at + done) / PageSource.PAGE;
            long inPage = (at + done) % PageSource.PAGE;
            long n = Math.min(count - done, PageSource.PAGE - inPage);
            if (n == PageSource.PAGE) {
                page(extents, number, memory, offset + done);
            } else {
                if (inBuffer != number) {
                    page(extents, number, page, 0);
                    inBuffer = number;
                }
                MemorySegment.copy(page, inPage, memory, offset + done, n);
            }
            done += n;
        }
    }

    private void page(Extents extents, long number, MemorySegment memory, long offset) {
        long extent = number / Extents.PAGES;
        recipe.pages().page(extents.fileId(extent), extents.firstPage(extent) + number % Extents.PAGES, memory, offset);
    }

    private void log(long used, long at, MemorySegment memory, long offset, long count) {
        long n = Math.clamp(used - at, 0, count);
        if (n > 0) {
            recipe.log().read(at, memory, offset, n);
        }
        if (n < count) {
            memory.asSlice(offset + n, count - n).fill((byte) 0);
        }
    }
}
