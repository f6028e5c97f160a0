package dev.sluice.sidecar.serve;

import dev.sluice.catalog.Ulid;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// What is known of the verifications of one database's backups, by their ids. A bucket may have millions of
/// backups, and a map of objects would take several hundred bytes for each; this takes 40 to 60.
///
/// A hash table with open addressing: each row has the id in two words, and two times.
///
/// **Threading:** one thread at a time.
final class VerifiedTable {

    private static final int ID_HIGH = 0;
    private static final int ID_LOW = 1;
    private static final int SOUND = 2;
    private static final int LAST = 3;
    private static final int ROW = 4;

    private static final int FIRST_ROWS = 16;

    /// In place of a time that there is none. A row without a last verification is free.
    private static final long NONE = Long.MIN_VALUE;

    /// Times count as keys do.
    private static final long UNIT_NANOS = 100;

    private static final long UNITS_PER_SECOND = 10_000_000;

    /// So that ids which others choose cannot be made to meet in one place.
    private static final long SEED = ThreadLocalRandom.current().nextLong();

    private long[] rows = free(FIRST_ROWS);
    private int size;

    private static long[] free(int count) {
        long[] rows = new long[Math.multiplyExact(count, ROW)];
        Arrays.fill(rows, NONE);
        return rows;
    }

    /// How many backups have a verification.
    int size() {
        return size;
    }

    /// @param backupId a ULID
    VerifiedBackups.@Nullable Known get(String backupId) {
        int row = row(rows, Ulid.bits(backupId));
        long last = rows[row + LAST];
        return last == NONE
                ? null
                : new VerifiedBackups.Known(
                        rows[row + SOUND] == NONE ? null : instant(rows[row + SOUND]), instant(last));
    }

    void put(String backupId, VerifiedBackups.Known known) {
        UUID id = Ulid.bits(backupId);
        int row = row(rows, id);
        if (rows[row + LAST] == NONE) {
            size++;
            if (size * 5L > rows.length / ROW * 4L) {
                grow();
                row = row(rows, id);
            }
        }
        rows[row + ID_HIGH] = id.getMostSignificantBits();
        rows[row + ID_LOW] = id.getLeastSignificantBits();
        rows[row + SOUND] = known.sound() == null ? NONE : units(known.sound());
        rows[row + LAST] = units(known.last());
    }

    private void grow() {
        long[] larger = free(rows.length / ROW * 3 / 2);
        for (int from = 0; from < rows.length; from += ROW) {
            if (rows[from + LAST] != NONE) {
                int to = row(larger, new UUID(rows[from + ID_HIGH], rows[from + ID_LOW]));
                System.arraycopy(rows, from, larger, to, ROW);
            }
        }
        rows = larger;
    }

    /// Where the row of this id is, or would be: a fifth of the rows at least are free.
    private static int row(long[] rows, UUID id) {
        long high = id.getMostSignificantBits();
        long low = id.getLeastSignificantBits();
        long hash = ((high ^ SEED) * 0x9E3779B97F4A7C15L) ^ low;
        hash = (hash ^ (hash >>> 32)) * 0xD6E8FEB86659FD93L;
        int count = rows.length / ROW;
        int at = (int) (((hash >>> 32) * count) >>> 32);
        while (rows[at * ROW + LAST] != NONE && (rows[at * ROW + ID_HIGH] != high || rows[at * ROW + ID_LOW] != low)) {
            at = at + 1 == count ? 0 : at + 1;
        }
        return at * ROW;
    }

    private static long units(Instant moment) {
        return moment.getEpochSecond() * UNITS_PER_SECOND + moment.getNano() / UNIT_NANOS;
    }

    private static Instant instant(long units) {
        return Instant.ofEpochSecond(
                Math.floorDiv(units, UNITS_PER_SECOND), Math.floorMod(units, UNITS_PER_SECOND) * UNIT_NANOS);
    }
}
