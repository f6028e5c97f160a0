package dev.sluice.simulator.generator;

/// A stretch of a stream.
sealed interface Piece {
    /// Where it begins.
    long position();

    long length();

    /// Bytes that are known beforehand.
    @SuppressWarnings("ArrayRecordComponent") // never compared, never handed out
    record Fixed(long position, byte[] bytes) implements Piece {
        @Override
        public long length() {
            return bytes.length;
        }
    }

    record Pages(long position, long length, Extents extents) implements Piece {}

    /// @param used bytes of log; the rest is zero
    record Log(long position, long length, long used) implements Piece {}

    /// The checksum of the pages or log before it.
    record Checksum(long position) implements Piece {
        @Override
        public long length() {
            return Integer.BYTES;
        }
    }
}
