package dev.sluice.mtf;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.Locale;

/// A log sequence number: a place in a database's transaction log.
///
/// It has two written forms. `39:488:71` names the virtual log file, the block in it and the slot in the block,
/// in decimal. `39000000048800071` is the `decimal(25,0)` that `msdb` and `RESTORE HEADERONLY` show: `VLF x
/// 10^15 + block x 10^5 + slot`. The latter can be longer than a `long`.
///
/// **Units:** `vlf` and `block` are unsigned 32-bit numbers, `slot` is an unsigned 16-bit number.
public record Lsn(long vlf, long block, int slot) implements Comparable<Lsn> {

    /// What SQL Server stores where there is no LSN.
    public static final Lsn ZERO = new Lsn(0, 0, 0);

    private static final long MAX_U32 = 0xFFFF_FFFFL;
    private static final int MAX_U16 = 0xFFFF;
    private static final BigInteger PER_VLF = BigInteger.TEN.pow(15);
    private static final BigInteger PER_BLOCK = BigInteger.TEN.pow(5);
    private static final Comparator<Lsn> ORDER =
            Comparator.comparingLong(Lsn::vlf).thenComparingLong(Lsn::block).thenComparingInt(Lsn::slot);

    public Lsn {
        if (vlf < 0 || vlf > MAX_U32 || block < 0 || block > MAX_U32 || slot < 0 || slot > MAX_U16) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "no such LSN: %d:%d:%d (limits are %d:%d:%d)",
                    vlf,
                    block,
                    slot,
                    MAX_U32,
                    MAX_U32,
                    MAX_U16));
        }
    }

    /// The LSN that `msdb` shows as this number.
    public static Lsn ofDecimal(BigInteger decimal) {
        if (decimal.signum() < 0) {
            throw new IllegalArgumentException("an LSN is not negative: " + decimal);
        }
        BigInteger[] vlfAndRest = decimal.divideAndRemainder(PER_VLF);
        BigInteger[] blockAndSlot = vlfAndRest[1].divideAndRemainder(PER_BLOCK);
        if (vlfAndRest[0].bitLength() > Integer.SIZE) {
            throw new IllegalArgumentException("not an LSN, its log file number is beyond 32 bits: " + decimal);
        }
        return new Lsn(vlfAndRest[0].longValue(), blockAndSlot[0].longValue(), blockAndSlot[1].intValue());
    }

    /// The LSN in a `numeric(25,0)` column.
    public static Lsn ofDecimal(BigDecimal decimal) {
        return ofDecimal(decimal.toBigIntegerExact());
    }

    /// Reads `39:488:71`.
    public static Lsn parse(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("an LSN is written vlf:block:slot in decimal, got '%s'".formatted(text));
        }
        try {
            return new Lsn(Long.parseLong(parts[0]), Long.parseLong(parts[1]), Integer.parseInt(parts[2]));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "an LSN is written vlf:block:slot in decimal, got '%s'".formatted(text), e);
        }
    }

    /// The number `msdb` would show.
    public BigInteger toDecimal() {
        return BigInteger.valueOf(vlf)
                .multiply(PER_VLF)
                .add(BigInteger.valueOf(block).multiply(PER_BLOCK))
                .add(BigInteger.valueOf(slot));
    }

    /// The number as a `numeric(25,0)` parameter.
    public BigDecimal toBigDecimal() {
        return new BigDecimal(toDecimal());
    }

    public boolean isZero() {
        return equals(ZERO);
    }

    @Override
    public int compareTo(Lsn other) {
        return ORDER.compare(this, other);
    }

    /// `39:488:71`, which [#parse(String)] reads.
    @Override
    public String toString() {
        return vlf + ":" + block + ":" + slot;
    }
}
