package dev.sluice.s3;

import java.util.Base64;

/// Arithmetic on CRC32C sums: the sum of a whole from the sums of its pieces, without looking at a byte twice.
///
/// A CRC is the remainder of the message, read as a polynomial over GF(2), divided by the Castagnoli polynomial.
/// Appending `n` bytes multiplies the message before them by x^(8n), so the sum of `a ++ b` is `crc(a)·x^(8·|b|) +
/// crc(b)`; the initial and final inversions of the two cancel out. The powers x^(2^k) are tabled, which makes a
/// combination about 64 multiplications at worst.
///
/// Polynomials are held as the CRC itself holds them: reflected, the coefficient of x^0 in the highest bit.
final class Crc32c {
    private static final int POLYNOMIAL = 0x82F63B78;
    private static final int ONE = 1 << 31;

    /// x^(2^k); a length below 2^63 bytes needs powers up to 2^66.
    private static final int[] SQUARES = new int[67];

    static {
        SQUARES[0] = 1 << 30; // x itself
        for (int k = 1; k < SQUARES.length; k++) {
            SQUARES[k] = multiply(SQUARES[k - 1], SQUARES[k - 1]);
        }
    }

    private Crc32c() {}

    /// The sum of `a` followed by `b`.
    ///
    /// @param first   the sum of `a`
    /// @param second  the sum of `b`
    /// @param length  bytes in `b`
    static int combine(int first, int second, long length) {
        return multiply(shift(length), first) ^ second;
    }

    /// The sum as S3 writes it: base64 of its four bytes, highest first.
    static String base64(int crc) {
        byte[] bytes = {(byte) (crc >>> 24), (byte) (crc >>> 16), (byte) (crc >>> 8), (byte) crc};
        return Base64.getEncoder().encodeToString(bytes);
    }

    /// x^(8·bytes), by the binary digits of the exponent.
    private static int shift(long bytes) {
        int power = ONE;
        int k = 3; // 8 = 2^3
        for (long rest = bytes; rest != 0; rest >>>= 1, k++) {
            if ((rest & 1) != 0) {
                power = multiply(SQUARES[k], power);
            }
        }
        return power;
    }

    private static int multiply(int a, int b) {
        int product = 0;
        int multiple = b;
        for (int bit = ONE; bit != 0; bit >>>= 1) {
            if ((a & bit) != 0) {
                product ^= multiple;
            }
            multiple = (multiple & 1) != 0 ? (multiple >>> 1) ^ POLYNOMIAL : multiple >>> 1;
        }
        return product;
    }
}
