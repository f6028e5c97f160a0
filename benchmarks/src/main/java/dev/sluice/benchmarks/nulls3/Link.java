package dev.sluice.benchmarks.nulls3;

import java.io.IOException;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// One client's connection, blocking, for one thread.
interface Link extends AutoCloseable {

    /// The next request's text up to its empty line; null when the client has gone.
    @Nullable
    String head() throws IOException;

    /// The next line, its end included; null when the client has gone.
    @Nullable
    String line() throws IOException;

    /// Takes `bytes` of a body and drops them, summing them up first when asked to.
    void drop(long bytes, @Nullable CRC32C crc) throws IOException;

    /// Takes a small body.
    byte[] take(int bytes) throws IOException;

    void write(byte[] bytes) throws IOException;

    /// Sends made-up bytes of an object.
    void send(long offset, long bytes) throws IOException;

    @Override
    void close() throws IOException;
}
