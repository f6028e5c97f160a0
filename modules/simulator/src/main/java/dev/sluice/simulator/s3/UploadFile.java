package dev.sluice.simulator.s3;

import com.google.common.io.ByteStreams;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.Part;

/// The file in which a multipart upload's parts come to their places.
///
/// **Threading:** any thread.
final class UploadFile {

    private static final int BUFFER = 1 << 16;
    private static final int NOWHERE = -1;

    private final Path file;
    /// Of every part that has begun.
    private final SortedMap<Integer, Long> lengths = new TreeMap<>();
    private final SortedMap<Integer, Placed> placed = new TreeMap<>();
    private int writers;
    private boolean closed;

    /// A part that is stored in this file.
    record Placed(int number, long offset, long length, String eTag, Instant stored) {
        Part listed() {
            return Part.builder()
                    .partNumber(number)
                    .size(length)
                    .eTag(eTag)
                    .lastModified(stored)
                    .build();
        }
    }

    private UploadFile(Path file) {
        this.file = file;
    }

    static UploadFile create(Path file) throws IOException {
        Files.createFile(file);
        return new UploadFile(file);
    }

    /// Where the parts of `file` go when they cannot stay in it.
    static Path copy(Path file) {
        return file.resolveSibling(file.getFileName() + "-copy");
    }

    /// A part begins.
    ///
    /// @param fits whether it may be stored here at all
    /// @return its place, or a negative number when it must be stored elsewhere. Otherwise [#ended] has to follow
    synchronized long begin(int number, long length, boolean fits) {
        boolean first = lengths.put(number, length) == null;
        SortedMap<Integer, Long> before = lengths.headMap(number);
        if (closed || !first || !fits || before.size() != number - 1) {
            return NOWHERE;
        }
        writers++;
        return before.values().stream().mapToLong(Long::longValue).sum();
    }

    /// Stores a part's bytes.
    Placed write(int number, long offset, long expected, InputStream body, String eTag) throws IOException {
        byte[] buffer = new byte[BUFFER];
        long length = 0;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int n = body.readNBytes(buffer, 0, BUFFER); n > 0; n = body.readNBytes(buffer, 0, BUFFER)) {
                ByteBuffer piece = ByteBuffer.wrap(buffer, 0, n);
                while (piece.hasRemaining()) {
                    channel.write(piece, offset + length + piece.position());
                }
                length += n;
            }
        }
        if (length != expected) {
            throw new EOFException(
                    String.format(Locale.ROOT, "part %d ends after %d of %d bytes", number, length, expected));
        }
        return new Placed(number, offset, length, eTag, Instant.now());
    }

    /// @param part null when it failed
    synchronized void ended(@Nullable Placed part) {
        writers--;
        if (part != null) {
            placed.put(part.number(), part);
        }
    }

    /// A later attempt at this part is stored in another file.
    synchronized void storedElsewhere(int number) {
        placed.remove(number);
    }

    synchronized List<Placed> placed() {
        return List.copyOf(placed.values());
    }

    /// The bytes of a part, to be closed by the caller.
    InputStream read(Placed part) {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            channel.position(part.offset());
            return ByteStreams.limit(Channels.newInputStream(channel), part.length());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Puts these parts, and no others, one behind the other. A part that begins later is stored elsewhere.
    ///
    /// @param elsewhere the file of a part that is not stored here
    /// @return this file, or another when parts are not in their places or a request still writes to this one
    synchronized Path assemble(List<Integer> numbers, IntFunction<Path> elsewhere) throws IOException {
        closed = true;
        long end = 0;
        boolean inPlace = writers == 0;
        for (int number : numbers) {
            Placed part = placed.get(number);
            inPlace &= part == null || part.offset() == end;
            end += part == null ? Files.size(elsewhere.apply(number)) : part.length();
        }
        Path target = inPlace ? file : copy(file);
        try (FileChannel to = FileChannel.open(
                target, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long at = 0;
            for (int number : numbers) {
                Placed part = placed.get(number);
                if (part == null) {
                    Path source = elsewhere.apply(number);
                    at += copy(source, 0, Files.size(source), to, at);
                } else if (inPlace) {
                    at += part.length();
                } else {
                    at += copy(file, part.offset(), part.length(), to, at);
                }
            }
            to.truncate(end);
        }
        return target;
    }

    private static long copy(Path source, long offset, long length, FileChannel to, long at) throws IOException {
        try (FileChannel from = FileChannel.open(source, StandardOpenOption.READ)) {
            to.position(at);
            for (long done = 0; done < length; ) {
                long n = from.transferTo(offset + done, length - done, to);
                if (n <= 0) {
                    throw new IOException("%s has become shorter".formatted(source));
                }
                done += n;
            }
        }
        return length;
    }
}
