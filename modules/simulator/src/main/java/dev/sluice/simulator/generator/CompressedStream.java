package dev.sluice.simulator.generator;

import dev.sluice.mtf.FieldWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/// A stripe in the container of `WITH COMPRESSION`: the shape of the real thing, though it does not get
/// smaller.
///
/// Headers are packed; pages and log are encoded byte by byte, in records of 32 KiB. (SQL Server packs one
/// extent into a record. Content that looks random does not fit that way, and what SQL Server does then is not
/// known.) Filemarks are as they were, each on a block boundary. The check value of a record is zero: how it is
/// computed is not known.
///
/// **Threading:** one thread at a time.
///
/// **Source:** measured on backups of SQL Server 2016 to 2019.
public final class CompressedStream {
    private static final int CONTAINER_HEADER = 480;
    private static final int RECORD_HEADER = 28;
    private static final int RECORD_MARK = 0x21;
    private static final int PADDING_HEADER = 24;
    private static final int PADDING_MARK = 0x24;
    private static final int UNIT = 512;
    private static final int MAX_PLAIN = 32_768;
    /// A packed record can be longer than what it packs, and a filemark has padding before it.
    private static final int LARGEST = RECORD_HEADER + XpressEncoder.TABLE_SIZE + 2 * MAX_PLAIN;

    private enum Form {
        /// As it is.
        RAW,
        /// Known beforehand, and packed.
        PACKED,
        /// Byte by byte.
        LITERAL
    }

    /// A stretch of the plain stream.
    private record Region(long start, long length, Form form) {}

    private final StripeStream plain;
    private final List<Region> regions;
    private final int blockSize;
    private final long length;
    private final byte[] record = new byte[MAX_PLAIN];
    private final MemorySegment recordMemory = MemorySegment.ofArray(record);
    private final byte[] out = new byte[LARGEST];
    private int outSize;
    private int outAt;
    private int region = -1; // before the first comes the container's header
    private long inRegion;
    private long position;
    private long produced; // position behind what is in `out`

    CompressedStream(StripeStream plain, StripeLayout layout, int blockSize) {
        if (layout.filemarks().isEmpty()) {
            throw new IllegalArgumentException("a compressed container has filemarks");
        }
        this.plain = plain;
        this.blockSize = blockSize;
        this.regions = regions(layout, blockSize);
        this.length = measure(layout);
    }

    /// Bytes of the whole stripe.
    public long length() {
        return length;
    }

    /// Bytes read so far.
    public long position() {
        return position;
    }

    /// Writes `count` bytes to `memory` at `offset`, or as many as there are left to read.
    public long read(MemorySegment memory, long offset, long count) {
        long written = 0;
        while (written < count && (outAt < outSize || next())) {
            int n = (int) Math.min(count - written, outSize - outAt);
            MemorySegment.copy(out, outAt, memory, ValueLayout.JAVA_BYTE, offset + written, n);
            outAt += n;
            written += n;
        }
        position += written;
        return written;
    }

    /// Everything between two places where something begins or ends that must not share a record with its
    /// neighbour.
    private static List<Region> regions(StripeLayout layout, int blockSize) {
        TreeSet<Long> cuts = new TreeSet<>(List.of(0L, layout.length()));
        for (long filemark : layout.filemarks()) {
            cuts.add(filemark);
            cuts.add(filemark + blockSize);
        }
        for (Piece piece : layout.pieces()) {
            if (piece instanceof Piece.Pages || piece instanceof Piece.Log) {
                cuts.add(piece.position());
                cuts.add(piece.position() + piece.length());
            }
        }
        List<Region> regions = new ArrayList<>();
        long start = cuts.removeFirst();
        for (long end : cuts) {
            regions.add(new Region(start, end - start, form(layout, start, end)));
            start = end;
        }
        return regions;
    }

    private static Form form(StripeLayout layout, long start, long end) {
        if (layout.filemarks().contains(start)) {
            return Form.RAW;
        }
        boolean known = layout.pieces().stream()
                .filter(piece -> piece.position() < end && piece.position() + piece.length() > start)
                .allMatch(Piece.Fixed.class::isInstance);
        return known ? Form.PACKED : Form.LITERAL;
    }

    private long measure(StripeLayout layout) {
        long at = CONTAINER_HEADER;
        for (Region each : regions) {
            long records = (each.length() + MAX_PLAIN - 1) / MAX_PLAIN;
            at += switch (each.form()) {
                case RAW -> padding(at) + each.length();
                case LITERAL -> records * (RECORD_HEADER + XpressEncoder.TABLE_SIZE) + each.length();
                case PACKED -> packedSize(layout, each);
            };
        }
        return at;
    }

    private static long packedSize(StripeLayout layout, Region region) {
        long size = 0;
        for (Piece piece : layout.pieces()) {
            if (piece instanceof Piece.Fixed fixed
                    && fixed.position() <= region.start()
                    && region.start() < fixed.position() + fixed.length()) {
                for (long at = 0; at < region.length(); at += MAX_PLAIN) {
                    int from = (int) (region.start() - fixed.position() + at);
                    int to = from + (int) Math.min(MAX_PLAIN, region.length() - at);
                    size += RECORD_HEADER + XpressEncoder.runs(Arrays.copyOfRange(fixed.bytes(), from, to)).length;
                }
            }
        }
        return size;
    }

    /// Up to where a filemark may begin.
    private int padding(long at) {
        return (int) (-at & (Math.max(blockSize, at <= 1024 ? 1024 : 0) - 1));
    }

    private boolean next() {
        outAt = 0;
        outSize = 0;
        if (region < 0) {
            containerHeader();
            region = 0;
        } else if (region == regions.size()) {
            return false;
        } else {
            Region current = regions.get(region);
            int n = (int) Math.min(MAX_PLAIN, current.length() - inRegion);
            if (current.form() == Form.RAW && inRegion == 0) {
                outSize = padding(produced);
                pad(outSize);
            }
            plain.read(recordMemory, 0, n);
            encode(current.form(), n);
            inRegion += n;
            if (inRegion == current.length()) {
                region++;
                inRegion = 0;
            }
        }
        produced += outSize;
        return true;
    }

    /// A record without a payload, which says how much is left behind its own header.
    private void pad(int size) {
        Arrays.fill(out, 0, size, (byte) 0);
        if (size >= PADDING_HEADER) {
            byte[] header = new FieldWriter(PADDING_HEADER)
                    .u8(0, PADDING_MARK)
                    .u16(2, size - PADDING_HEADER)
                    .toBytes();
            System.arraycopy(header, 0, out, 0, header.length);
        }
    }

    private void containerHeader() {
        byte[] magic = "MSSQLBAK".getBytes(StandardCharsets.US_ASCII);
        byte[] header = new FieldWriter(CONTAINER_HEADER).u32(8, 2).u32(12, 3).toBytes();
        System.arraycopy(magic, 0, header, 0, magic.length);
        append(header, header.length);
    }

    private void encode(Form form, int size) {
        switch (form) {
            case RAW -> append(record, size);
            case LITERAL -> {
                recordHeader(size, XpressEncoder.literalsSize(size));
                XpressEncoder.literals(record, size, out, outSize);
                outSize += XpressEncoder.literalsSize(size);
            }
            case PACKED -> {
                byte[] packed = XpressEncoder.runs(Arrays.copyOf(record, size));
                recordHeader(size, packed.length);
                append(packed, packed.length);
            }
        }
    }

    private void recordHeader(int plainSize, int payload) {
        byte[] header = new FieldWriter(RECORD_HEADER)
                .u8(0, RECORD_MARK)
                .u8(1, plainSize / UNIT)
                .u16(2, payload)
                .toBytes();
        append(header, header.length);
    }

    private void append(byte[] bytes, int count) {
        System.arraycopy(bytes, 0, out, outSize, count);
        outSize += count;
    }
}
