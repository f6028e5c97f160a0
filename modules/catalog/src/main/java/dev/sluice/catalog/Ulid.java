package dev.sluice.catalog;

import java.security.SecureRandom;
import java.time.Clock;
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
        append(text, lastMillis, 10);
        append(text, high, 8);
        append(text, low, 8);
        return text.toString();
    }

    /// Whether `text` has the form of an identifier.
    public static boolean isUlid(String text) {
        return FORM.matcher(text).matches();
    }

    private static void append(StringBuilder text, long bits, int digits) {
        for (int digit = digits - 1; digit >= 0; digit--) {
            text.append(ALPHABET.charAt((int) (bits >>> (5 * digit)) & 31));
        }
    }
}
