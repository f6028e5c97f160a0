package dev.sluice.benchmarks.nulls3;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/// What every object of the server contains: one pattern of incompressible bytes, repeated.
///
/// Both ends make it from the same seed, so a client can know an object's checksums without having written it.
public final class Content {
    /// Bytes of the pattern. A multiple of every block size in use.
    public static final int PERIOD = 64 << 20;

    private static final long SEED = 20_261_125;

    private Content() {}

    /// The pattern, in a buffer of its own outside the heap.
    public static ByteBuffer pattern() {
        ByteBuffer bytes = ByteBuffer.allocateDirect(PERIOD);
        SplittableRandom random = new SplittableRandom(SEED);
        while (bytes.hasRemaining()) {
            bytes.putLong(random.nextLong());
        }
        return bytes.flip();
    }

    /// The pattern as a file that is gone when the process is, in memory where the machine has a place for that, so
    /// that the kernel can send from it without a copy.
    static FileChannel patternFile() {
        try {
            Path shared = Path.of("/dev/shm");
            Path file = Files.isWritable(shared)
                    ? Files.createTempFile(shared, "null-s3-", ".bin")
                    : Files.createTempFile("null-s3-", ".bin");
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            ByteBuffer pattern = pattern();
            while (pattern.hasRemaining()) {
                channel.write(pattern);
            }
            return channel;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
