package dev.sluice.simulator.database;

import dev.sluice.mtf.Lsn;

/// LSNs and the numbers of log records, each of which fills one block of 512 bytes.
public final class LogPosition {

    /// Where the log of a new database begins.
    static final long FIRST = 1_000;

    private static final int BLOCKS_PER_VLF = 100_000;
    private static final int FIRST_VLF = 32;
    private static final int FIRST_BLOCK = 16;

    private LogPosition() {}

    /// The LSN of a record; zero for no record, which is a negative number.
    public static Lsn lsn(long record) {
        return record < 0
                ? Lsn.ZERO
                : new Lsn(FIRST_VLF + record / BLOCKS_PER_VLF, FIRST_BLOCK + record % BLOCKS_PER_VLF, 1);
    }

    /// The number of the record with this LSN, or -1 for zero.
    public static long record(Lsn lsn) {
        return lsn.isZero() ? -1 : (lsn.vlf() - FIRST_VLF) * BLOCKS_PER_VLF + lsn.block() - FIRST_BLOCK;
    }
}
