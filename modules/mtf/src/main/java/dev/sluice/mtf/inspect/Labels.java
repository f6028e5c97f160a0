package dev.sluice.mtf.inspect;

import dev.sluice.mtf.BackupSet;
import dev.sluice.mtf.MediaLabel;
import dev.sluice.mtf.StoredFields;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/// The fields of the blocks that label a stream.
///
/// **Source:** the MTF specification, checked against real backups.
final class Labels {
    private static final int FILEMARK_UNIT = 512;
    private static final long USES_FILEMARKS = 1;
    private static final int QUARTER_SECONDS = 15 * 60;
    private static final int FARTHEST_QUARTERS = 18 * 4; // no zone is further from UTC

    private Labels() {}

    static int blockSize(StoredFields tape) {
        return tape.u16(64) * FILEMARK_UNIT;
    }

    /// @param raid the content of the `RAID` stream behind the block
    static MediaLabel media(StoredFields tape, StoredFields raid) {
        return new MediaLabel(
                raid.guid(0),
                raid.u16(20),
                raid.u16(24),
                tape.u32(52),
                blockSize(tape),
                (tape.u32(56) & USES_FILEMARKS) != 0,
                tape.u16(76) != 0 || tape.u16(62) != 0,
                tape.text(68),
                tape.text(72),
                tape.text(80),
                tape.date(88));
    }

    static BackupSet set(StoredFields sset) {
        return new BackupSet(
                sset.guid(100),
                sset.u16(62),
                sset.u32(52),
                sset.text(64),
                sset.text(68),
                sset.text(76),
                "",
                sset.u8(93),
                sset.u8(94),
                sset.date(88),
                offset(sset.u8(95)));
    }

    /// In quarters of an hour, east of Greenwich is positive; 127 says that it is not known.
    ///
    /// **Source:** the MTF specification; the samples agree (British servers have 4 in May and 0 in December).
    private static @Nullable ZoneOffset offset(int stored) {
        int quarters = (byte) stored;
        return Math.abs(quarters) <= FARTHEST_QUARTERS ? ZoneOffset.ofTotalSeconds(quarters * QUARTER_SECONDS) : null;
    }

    static String machine(StoredFields volb) {
        return volb.text(64);
    }
}
