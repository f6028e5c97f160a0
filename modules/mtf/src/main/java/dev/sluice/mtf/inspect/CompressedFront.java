package dev.sluice.mtf.inspect;

import dev.sluice.mtf.StoredFields;
import dev.sluice.mtf.Tag;
import dev.sluice.mtf.xpress.XpressHuffman;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// The front of a compressed container: enough of it is unpacked to read labels and header, the rest is opaque.
///
/// A container begins with 480 bytes of its own. Then come records, each a header of 28 bytes and a compressed
/// payload. The first holds the TAPE block. Filemarks lie between records uncompressed and in their usual
/// places, so the second record is where the backup set would begin in a plain stream, and holds it up to the
/// first page. What was unpacked goes to the walker, which cannot tell the difference.
///
/// **Source:** measured on backups of SQL Server 2016 to 2019, MS_XPRESS only. Other algorithms, and containers
/// without filemarks, were not seen; what does not look right ends the unpacking with a finding.
final class CompressedFront {
    static final long MAGIC =
            new StoredFields(MemorySegment.ofArray("MSSQLBAK".getBytes(StandardCharsets.US_ASCII))).i64(0);

    private static final int KNOWN_VERSION = 2;
    private static final int CONTAINER_HEADER = 480;
    private static final int RECORD_HEADER = 28;
    private static final int RECORD_MARK = 0x21;
    private static final int UNIT = 512;
    private static final int OFFSET_OF_SIZE = 8;
    private static final int LOGICAL_BLOCK = 1024;
    private static final int MAX_RECORD = RECORD_HEADER + 0xFFFF;
    private static final int MAX_RECORDS = 16; // if the header is longer than that, it stays unknown
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private enum Step {
        HEADER,
        RECORD,
        BEHIND_LABEL,
        FILEMARK,
        DONE
    }

    private final StreamWalker walker;
    private final FactCollector facts;
    private final Findings findings;
    private final MemorySegment buffer = MemorySegment.ofArray(new byte[MAX_RECORD]);

    private Step step = Step.HEADER;
    private long skip; // bytes before the next piece
    private int have;
    private int need = CONTAINER_HEADER;
    private long position;
    private int records;

    CompressedFront(StreamWalker walker, FactCollector facts, Findings findings) {
        this.walker = walker;
        this.facts = facts;
        this.findings = findings;
    }

    void update(MemorySegment memory, long offset, long length) {
        long at = offset;
        long end = offset + length;
        while (at < end && step != Step.DONE) {
            if (skip > 0) {
                long n = Math.min(skip, end - at);
                skip -= n;
                at += n;
                position += n;
            } else {
                int n = (int) Math.min(need - have, end - at);
                MemorySegment.copy(memory, at, buffer, have, n);
                have += n;
                at += n;
                position += n;
                if (have == need) {
                    piece();
                }
            }
        }
    }

    private void piece() {
        switch (step) {
            case HEADER -> containerHeader();
            case RECORD -> record();
            case BEHIND_LABEL -> behindLabel();
            case FILEMARK -> filemark();
            case DONE -> {}
        }
    }

    private void containerHeader() {
        int version = new StoredFields(buffer).i32(Long.BYTES);
        if (version != KNOWN_VERSION) {
            give(String.format(Locale.ROOT, "container version %d is not known", version));
        } else {
            expect(Step.RECORD, RECORD_HEADER);
        }
    }

    private void record() {
        int payload = Short.toUnsignedInt(buffer.get(U16, 2));
        if (have == RECORD_HEADER) {
            if (buffer.get(ValueLayout.JAVA_BYTE, 0) != RECORD_MARK || payload == 0) {
                give("no record begins here");
            } else {
                need = RECORD_HEADER + payload;
            }
            return;
        }
        byte[] plain = new byte[Byte.toUnsignedInt(buffer.get(ValueLayout.JAVA_BYTE, 1)) * UNIT];
        if (!XpressHuffman.decompress(buffer.asSlice(RECORD_HEADER, payload), plain)) {
            give(String.format(Locale.ROOT, "a record does not unpack to the %d bytes it promises", plain.length));
            return;
        }
        records++;
        walker.update(MemorySegment.ofArray(plain), 0, plain.length);
        next();
    }

    private void next() {
        if (facts.provisional() != null) {
            step = Step.DONE; // all that was wanted; behind it come pages
        } else if (walker.stopped()) {
            give("what the records contain is no backup");
        } else if (records >= MAX_RECORDS) {
            give(String.format(Locale.ROOT, "no header in the first %d records", records));
        } else if (records == 1) {
            afterTape();
        } else {
            expect(Step.RECORD, RECORD_HEADER);
        }
    }

    private void afterTape() {
        var media = facts.media();
        if (media == null || !walker.atBlockBoundary()) {
            give("the first record does not hold the media label");
            return;
        }
        long behind = Math.max(LOGICAL_BLOCK, media.blockSize());
        if (position > behind) {
            give("the first record is longer than the label it holds");
            return;
        }
        skip = behind - position;
        expect(Step.BEHIND_LABEL, RECORD_HEADER);
    }

    /// A filemark, or, if a container came without any, the next record.
    private void behindLabel() {
        StoredFields fields = new StoredFields(buffer);
        int size = fields.u16(OFFSET_OF_SIZE);
        if (fields.i32(0) == Tag.SFMB && size > RECORD_HEADER) {
            step = Step.FILEMARK;
            need = size;
        } else {
            step = Step.RECORD;
            record();
        }
    }

    private void filemark() {
        walker.update(buffer, 0, have);
        expect(Step.RECORD, RECORD_HEADER);
    }

    private void expect(Step next, int size) {
        step = next;
        have = 0;
        need = size;
    }

    private void give(String why) {
        findings.add(Finding.Kind.COMPRESSED_RECORD, position, "", why);
        step = Step.DONE;
    }
}
