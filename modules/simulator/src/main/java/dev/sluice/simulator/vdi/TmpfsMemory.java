package dev.sluice.simulator.vdi;

import dev.sluice.vdi.inprocess.BufferMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// The shared buffers of a set, in files on tmpfs that the client process maps as well.
///
/// **Ownership:** a file is needed only until the client has mapped it; [#unlink] it then.
final class TmpfsMemory implements BufferMemory {

    private static final System.Logger LOG = System.getLogger(TmpfsMemory.class.getName());
    private static final int ZEROS = 1 << 20;

    private final IntFunction<Path> files;
    private final List<Chunk> chunks = new CopyOnWriteArrayList<>();

    /// @param files where the chunk of this number goes
    TmpfsMemory(IntFunction<Path> files) {
        this.files = files;
    }

    /// One file.
    ///
    /// @param base       where its buffers begin in this process
    /// @param bytes      of buffers
    /// @param fileOffset where its buffers begin in the file
    record Chunk(int index, Path file, long base, long bytes, long fileOffset) {}

    List<Chunk> chunks() {
        return chunks;
    }

    /// The chunk that holds this address, or null.
    @Nullable
    Chunk holding(long address) {
        for (Chunk chunk : chunks) {
            if (address >= chunk.base && address < chunk.base + chunk.bytes) {
                return chunk;
            }
        }
        return null;
    }

    /// The client has it, or will never get it.
    void unlink(Chunk chunk) {
        try {
            Files.deleteIfExists(chunk.file);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "shared memory file %s stays behind".formatted(chunk.file), e);
        }
    }

    @Override
    public Optional<Reservation> reserve(long bytes) {
        int index = chunks.size();
        Path file = files.apply(index);
        Mapped mapped = new Mapped();
        try {
            Chunk chunk = mapped.map(index, file, bytes);
            chunks.add(chunk);
            return Optional.of(mapped);
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.INFO,
                    String.format(Locale.ROOT, "%d bytes of shared memory in %s: %s", bytes, file, e));
            mapped.release();
            return Optional.empty();
        }
    }

    private final class Mapped implements Reservation {
        private final Arena arena = Arena.ofShared();
        private MemorySegment segment = MemorySegment.NULL;
        private @Nullable Chunk chunk;

        Chunk map(int index, Path file, long bytes) throws IOException {
            // mmap aligns to a page only; so there is room to begin at the first address that is aligned enough.
            MemorySegment whole = mapZeros(file, bytes + ALIGNMENT, arena);
            long fileOffset = -whole.address() & (ALIGNMENT - 1);
            segment = whole.asSlice(fileOffset, bytes);
            Chunk mapped = new Chunk(index, file, segment.address(), bytes, fileOffset);
            chunk = mapped;
            return mapped;
        }

        @Override
        public MemorySegment segment() {
            return segment;
        }

        @Override
        public void release() {
            if (chunk != null) {
                unlink(chunk);
            }
            arena.close();
        }
    }

    /// A file's size promises nothing on tmpfs: only pages that were written are there when they are touched.
    private static MemorySegment mapZeros(Path file, long size, Arena arena) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file,
                EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-rw----")))) {
            ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(size, ZEROS));
            for (long written = 0; written < size; ) {
                zeros.clear().limit((int) Math.min(zeros.capacity(), size - written));
                written += channel.write(zeros);
            }
            return channel.map(MapMode.READ_WRITE, 0, size, arena);
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }
}
