package dev.sluice.simulator.database;

import dev.sluice.simulator.generator.LogSource;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/// Log records as bytes of a log file: one block of 512 bytes each, at the place that its number says.
public final class LogBytes {

    /// Bytes of a record.
    public static final int RECORD = 512;

    private static final int LOG_FILE = 2;
    private static final int MAGIC = 0x474F_4C53;
    private static final int FIELDS = 64;
    private static final int MARK_NAME = FIELDS;
    private static final int MARK_DESCRIPTION = 136;
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private LogBytes() {}

    /// The records, which follow each other, as a backup takes them.
    public static LogSource source(List<LogRecord> records) {
        return records.isEmpty() ? LogSource.empty() : new Records(List.copyOf(records));
    }

    private record Records(List<LogRecord> records) implements LogSource {

        @Override
        public int fileId() {
            return LOG_FILE;
        }

        @Override
        public long start() {
            return records.getFirst().number() * RECORD;
        }

        @Override
        public long length() {
            return (long) records.size() * RECORD;
        }

        @Override
        public void read(long at, MemorySegment memory, long offset, long length) {
            MemorySegment block = MemorySegment.ofArray(new byte[RECORD]);
            long done = 0;
            while (done < length) {
                long inBlock = (at + done) % RECORD;
                long n = Math.min(length - done, RECORD - inBlock);
                write(records.get(Math.toIntExact((at + done) / RECORD)), block);
                MemorySegment.copy(block, inBlock, memory, offset + done, n);
                done += n;
            }
        }
    }

    private static void write(LogRecord record, MemorySegment block) {
        block.set(U32, 0, MAGIC);
        block.set(U32, 4, record.kind().code());
        block.set(U64, 8, record.number());
        block.set(U64, 16, record.transaction());
        block.set(U64, 24, record.page());
        block.set(U64, 32, record.before());
        block.set(U64, 40, record.after());
        Instant when = record.when().toInstant(ZoneOffset.UTC);
        block.set(U64, 48, when.getEpochSecond());
        block.set(U64, 56, when.getNano());
        for (int at = FIELDS; at < RECORD; at += Long.BYTES) {
            block.set(U64, at, filler(record.number(), at));
        }
        LogRecord.Mark mark = record.mark();
        if (mark != null) {
            write(mark.name(), block, MARK_NAME);
            write(mark.description(), block, MARK_DESCRIPTION);
        }
    }

    /// UTF-16, with its length in front.
    private static void write(String text, MemorySegment block, long at) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_16LE);
        block.set(U32, at, bytes.length);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, block, at + Integer.BYTES, bytes.length);
    }

    private static Optional<String> text(MemorySegment block, long at) {
        int length = block.get(U32, at);
        if (length < 0 || at + Integer.BYTES + length > RECORD) {
            return Optional.empty();
        }
        byte[] bytes = block.asSlice(at + Integer.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
        return Optional.of(new String(bytes, StandardCharsets.UTF_16LE));
    }

    private static Optional<LogRecord.Mark> mark(MemorySegment block) {
        return text(block, MARK_NAME)
                .flatMap(name ->
                        text(block, MARK_DESCRIPTION).map(description -> new LogRecord.Mark(name, description)));
    }

    private static long filler(long number, int at) {
        return (number * 31 + at) * 0x9E37_79B9_7F4A_7C15L;
    }

    /// The record in these bytes, or nothing if they are damaged.
    public static Optional<LogRecord> read(MemorySegment block) {
        Optional<LogRecord.Kind> kind = LogRecord.Kind.ofCode(block.get(U32, 4));
        long number = block.get(U64, 8);
        if (block.get(U32, 0) != MAGIC || kind.isEmpty()) {
            return Optional.empty();
        }
        boolean marked = kind.get() == LogRecord.Kind.MARK;
        for (int at = FIELDS; at < RECORD && !marked; at += Long.BYTES) {
            if (block.get(U64, at) != filler(number, at)) {
                return Optional.empty();
            }
        }
        LogRecord.Mark mark = marked ? mark(block).orElse(null) : null;
        if (marked && (mark == null || !isWhole(block, number, mark))) {
            return Optional.empty();
        }
        return Optional.of(new LogRecord(
                number,
                block.get(U64, 16),
                kind.get(),
                block.get(U64, 24),
                block.get(U64, 32),
                block.get(U64, 40),
                LocalDateTime.ofEpochSecond(block.get(U64, 48), (int) block.get(U64, 56), ZoneOffset.UTC),
                mark));
    }

    /// Whether a mark's block is as it was written, filler included.
    private static boolean isWhole(MemorySegment block, long number, LogRecord.Mark mark) {
        MemorySegment again = MemorySegment.ofArray(new byte[RECORD]);
        for (int at = FIELDS; at < RECORD; at += Long.BYTES) {
            again.set(U64, at, filler(number, at));
        }
        write(mark.name(), again, MARK_NAME);
        write(mark.description(), again, MARK_DESCRIPTION);
        return MemorySegment.mismatch(block, FIELDS, RECORD, again, FIELDS, RECORD) < 0;
    }
}
