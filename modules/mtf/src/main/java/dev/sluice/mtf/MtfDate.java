package dev.sluice.mtf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import org.jspecify.annotations.Nullable;

/// Dates of the tape format: 40 bits, most significant first, for year (14), month (4), day (5), hour (5),
/// minute (6) and second (6). The time is the server's local time and says nothing about its zone.
public final class MtfDate {
    /// Stored size in bytes.
    public static final int BYTES = 5;

    private static final int MAX_YEAR = (1 << 14) - 1;

    private MtfDate() {}

    /// The date stored at `offset`, or null where the bytes are zero (no date) or no date of the calendar.
    public static @Nullable LocalDateTime read(MemorySegment memory, long offset) {
        long bits = 0;
        for (int i = 0; i < BYTES; i++) {
            bits = (bits << 8) | Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, offset + i));
        }
        if (bits == 0) {
            return null;
        }
        try {
            return LocalDateTime.of(
                    (int) (bits >>> 26),
                    (int) (bits >>> 22) & 0xF,
                    (int) (bits >>> 17) & 0x1F,
                    (int) (bits >>> 12) & 0x1F,
                    (int) (bits >>> 6) & 0x3F,
                    (int) bits & 0x3F);
        } catch (DateTimeException _) {
            return null; // a damaged or uninitialised field; nothing else can be said about it
        }
    }

    /// Stores `date` to the second, or zeros for none.
    public static void write(@Nullable LocalDateTime date, MemorySegment memory, long offset) {
        long bits = 0;
        if (date != null) {
            if (date.getYear() < 0 || date.getYear() > MAX_YEAR) {
                throw new IllegalArgumentException("the tape format has no year " + date.getYear());
            }
            bits = ((long) date.getYear() << 26)
                    | ((long) date.getMonthValue() << 22)
                    | ((long) date.getDayOfMonth() << 17)
                    | ((long) date.getHour() << 12)
                    | ((long) date.getMinute() << 6)
                    | date.getSecond();
        }
        for (int i = 0; i < BYTES; i++) {
            memory.set(ValueLayout.JAVA_BYTE, offset + i, (byte) (bits >>> (8 * (BYTES - 1 - i))));
        }
    }
}
