package dev.sluice.catalog;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.regex.Pattern;

/// Identifiers of backups: 26 characters, unique without asking anybody, rising within one process.
///
/// Nothing may be concluded from their order: the clock in them is this machine's, not SQL Server's.
///
/// **Source:** the ULID specification (48 bits of milliseconds, 80 random bits, Crockford's base 32, monotonic
/// within one millisecond).
public final class Ulid {
    private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private static final Pattern FORM = Pattern.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}");
    private static final int LOW_BITS = 40;
    private static final int TIME_BITS = 48;
    private static final int TIME_DIGITS = 10;
    private static final long LOW_MASK = (1L << LOW_BITS) - 1;

    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    // Guarded by this. The random 80 bits in two halves.
    private long lastMillis = -1;
    private long high;
    private long low;

    public Ulid(Clock clock) {
        this.clock = clock;
    }

    /// A new identifier, greater than every one before it, even if the clock was set back.
    public synchronized String next() {
        long millis = clock.millis();
        if (millis > lastMillis) {
            lastMillis = millis;
            high = random.nextLong() & LOW_MASK;
            low = random.nextLong() & LOW_MASK;
        } else {
            low = (low + 1) & LOW_MASK;
            if (low == 0) {
                high = (high + 1) & LOW_MASK;
                if (high == 0) {
                    lastMillis++; // 2^80 in one millisecond: borrowed from the next one
                }
            }
        }
        StringBuilder text = new StringBuilder(26);
        append(text, lastMillis, TIME_DIGITS);
        append(text, high, 8);
        append(text, low, 8);
        return text.toString();
    }

    /// Whether `text` has the form of an identifier.
    public static boolean isUlid(String text) {
        return FORM.matcher(text).matches();
    }

    /// When an identifier was made, by the clock of the machine that made it.
    ///
    /// @param ulid an identifier
    public static Instant time(String ulid) {
        long millis = 0;
        for (int i = 0; i < TIME_DIGITS; i++) {
            millis = (millis << 5) | ALPHABET.indexOf(ulid.charAt(i));
        }
        return Instant.ofEpochMilli(millis);
    }

    /// The identifier of something that has none by itself: the same for the same time and bytes, in every
    /// process.
    ///
    /// @param time  from 1970 on
    /// @param bytes at least ten, of which the first ten count; a hash
    public static String of(Instant time, byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        long first = buffer.getLong(); // 64 of the 80 bits
        long last = buffer.getShort() & 0xFFFFL;
        StringBuilder text = new StringBuilder(26);
        append(text, Math.max(0, time.toEpochMilli()) & ((1L << TIME_BITS) - 1), TIME_DIGITS);
        append(text, first >>> 24, 8);
        append(text, ((first & 0xFFFFFFL) << 16) | last, 8);
        return text.toString();
    }

    private static void append(StringBuilder text, long bits, int digits) {
        for (int digit = digits - 1; digit >= 0; digit--) {
            text.append(ALPHABET.charAt((int) (bits >>> (5 * digit)) & 31));
        }
    }
}
