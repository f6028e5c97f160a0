package dev.sluice.catalog;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.UUID;
import java.util.regex.Pattern;

/// Identifiers of backups: 26 characters, unique without a central registry, rising within one process.
///
/// Do not conclude anything from their order: their time is from this machine's clock, not SQL Server's.
///
/// **Source:** the ULID specification (48 bits of milliseconds, 80 random bits, Crockford's base 32, monotonic
/// within one millisecond).
public final class Ulid {
    private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private static final Pattern FORM = Pattern.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}");
    private static final Pattern BEGINNING = Pattern.compile("[0-7][0-9A-HJKMNP-TV-Z]{0,25}");
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
                    lastMillis++; // 2^80 ids in one millisecond: continue in the next one
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

    /// Whether an identifier can begin so, or is this.
    public static boolean canBegin(String text) {
        return BEGINNING.matcher(text).matches();
    }

    /// The 128 bits of an identifier.
    ///
    /// @param ulid an identifier
    public static UUID bits(String ulid) {
        long high = 0;
        long low = 0;
        for (int i = 0; i < ulid.length(); i++) {
            high = (high << 5) | (low >>> (Long.SIZE - 5));
            low = (low << 5) | ALPHABET.indexOf(ulid.charAt(i));
        }
        return new UUID(high, low);
    }

    /// The time of an identifier, by the clock of the machine that made it.
    ///
    /// @param ulid an identifier
    public static Instant time(String ulid) {
        long millis = 0;
        for (int i = 0; i < TIME_DIGITS; i++) {
            millis = (millis << 5) | ALPHABET.indexOf(ulid.charAt(i));
        }
        return Instant.ofEpochMilli(millis);
    }

    /// An identifier made from a time and a hash: the same for the same time and bytes, in every process.
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
