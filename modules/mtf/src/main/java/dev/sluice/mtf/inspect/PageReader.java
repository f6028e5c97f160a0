package dev.sluice.mtf.inspect;

import dev.sluice.mtf.Tag;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// Cuts page data into pages, and says which.
///
/// Data comes in extents of eight pages. A formatted page names its file and number in its header, but a page
/// that was allocated and never written does not: real backups contain pages of zeros, and of leftovers, in the
/// middle of extents. So an extent takes its identity from its first formatted page. Pages before that one wait
/// in a buffer of one extent, which is rare: commonly the first page tells. Extents in which no page tells are
/// fillers, as stripes and differentials contain them, and are counted and skipped.
///
/// A page that lies within one chunk is passed on where it lies; one that spans chunks is put together first.
final class PageReader implements StreamListener {
    private static final int PAGE = PageSink.PAGE;
    private static final int PAGES_PER_EXTENT = 8;
    private static final int OFFSET_OF_NUMBER = 32;
    private static final int OFFSET_OF_FILE = 36;
    private static final int MAX_KNOWN_TYPE = 20;
    private static final int FORMATTED = 1;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final PageSink sink;
    private final Findings findings;
    private final MemorySegment page = MemorySegment.ofArray(new byte[PAGE]); // one that spans chunks
    private final MemorySegment waiting = MemorySegment.ofArray(new byte[PAGES_PER_EXTENT * PAGE]);
    private final Map<Integer, Long> lastExtents = new HashMap<>(); // first page of the last extent, by file

    private int inPage; // bytes of it
    private int inExtent; // pages of it
    private int file; // of the extent under way; 0 while unknown
    private long firstPage; // of the extent under way
    private long pages;
    private long fillers;
    private PageSink.LogPiece log = new PageSink.LogPiece(0, 0, 0);

    PageReader(PageSink sink, Findings findings) {
        this.sink = sink;
        this.findings = findings;
    }

    long pages() {
        return pages;
    }

    long fillers() {
        return fillers;
    }

    @Override
    public void block(DescriptorBlock block) {
        if (block.type() == Tag.MSDA) {
            lastExtents.clear(); // a second one repeats extents that changed meanwhile
        } else if (block.type() == Tag.MSTL) {
            log = new PageSink.LogPiece(
                    block.fields().i32(76),
                    block.fields().i64(60),
                    block.fields().i64(68));
        }
    }

    @Override
    public void streamStarts(DataStream stream) {
        inPage = 0;
        inExtent = 0;
        file = 0;
    }

    @Override
    public void bytes(DataStream stream, long at, MemorySegment memory, long offset, long length) {
        long skip = Math.clamp(DataStream.LEADING_ZEROS - at, 0, length);
        if (stream.carriesPages()) {
            cut(stream.dataPosition() + at + skip, memory, offset + skip, length - skip);
        } else if (stream.carriesLog()) {
            passLog(stream, at + skip - DataStream.LEADING_ZEROS, memory, offset + skip, length - skip);
        }
    }

    private void passLog(DataStream stream, long at, MemorySegment memory, long offset, long length) {
        long whole = stream.length() - DataStream.LEADING_ZEROS;
        long used = log.end() - log.start();
        long limit = used > 0 && used <= whole ? used : whole; // where the block makes no sense, all of it
        long n = Math.min(length, limit - at);
        if (n > 0) {
            sink.log(log, at, memory, offset, n);
        }
    }

    private void cut(long position, MemorySegment memory, long offset, long length) {
        long at = 0;
        while (at < length) {
            long available = length - at;
            if (inPage == 0 && available >= PAGE) {
                whole(position + at, memory, offset + at);
                at += PAGE;
            } else {
                int n = (int) Math.min(available, PAGE - inPage);
                MemorySegment.copy(memory, offset + at, page, inPage, n);
                inPage += n;
                at += n;
                if (inPage == PAGE) {
                    inPage = 0;
                    whole(position + at - PAGE, page, 0);
                }
            }
        }
    }

    private void whole(long position, MemorySegment memory, long offset) {
        if (file == 0) {
            identify(position, memory, offset);
        } else if (disagrees(memory, offset)) {
            findings.add(
                    Finding.Kind.PAGE,
                    position,
                    "MSDA",
                    String.format(
                            Locale.ROOT,
                            "a page calls itself %d:%d where %d:%d is expected",
                            fileId(memory, offset),
                            number(memory, offset),
                            file,
                            firstPage + inExtent));
        }
        if (file != 0) {
            deliver(inExtent, memory, offset);
        } else {
            MemorySegment.copy(memory, offset, waiting, (long) inExtent * PAGE, PAGE);
        }
        inExtent++;
        if (inExtent == PAGES_PER_EXTENT) {
            if (file == 0) {
                fillers++;
            }
            inExtent = 0;
            file = 0;
        }
    }

    private void identify(long position, MemorySegment memory, long offset) {
        if (!formatted(memory, offset) || number(memory, offset) % PAGES_PER_EXTENT != inExtent) {
            return;
        }
        file = fileId(memory, offset);
        firstPage = number(memory, offset) - inExtent;
        Long last = lastExtents.put(file, firstPage);
        if (last != null && last >= firstPage) {
            findings.add(
                    Finding.Kind.PAGE,
                    position,
                    "MSDA",
                    String.format(Locale.ROOT, "extent %d:%d comes after %d:%d", file, firstPage, file, last));
        }
        for (int i = 0; i < inExtent; i++) {
            deliver(i, waiting, (long) i * PAGE);
        }
    }

    private void deliver(int index, MemorySegment memory, long offset) {
        pages++;
        sink.page(file, firstPage + index, memory, offset);
    }

    private boolean disagrees(MemorySegment memory, long offset) {
        return formatted(memory, offset)
                && (fileId(memory, offset) != file || number(memory, offset) != firstPage + inExtent);
    }

    private static boolean formatted(MemorySegment memory, long offset) {
        int type = Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, offset + 1));
        return memory.get(ValueLayout.JAVA_BYTE, offset) == FORMATTED
                && type > 0
                && type <= MAX_KNOWN_TYPE
                && fileId(memory, offset) != 0;
    }

    private static int fileId(MemorySegment memory, long offset) {
        return Short.toUnsignedInt(memory.get(U16, offset + OFFSET_OF_FILE));
    }

    private static long number(MemorySegment memory, long offset) {
        return Integer.toUnsignedLong(memory.get(U32, offset + OFFSET_OF_NUMBER));
    }
}
