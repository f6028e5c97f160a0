package dev.sluice.sidecar.cli;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/// The directory where the demo's objects live: a temporary one that goes with the process, or one to be kept if
/// all went well.
final class DemoDirectory implements AutoCloseable {

    private final Path directory;
    private final boolean created;
    private final boolean temporary;
    private boolean succeeded;

    private DemoDirectory(Path directory, boolean created, boolean temporary) {
        this.directory = directory;
        this.created = created;
        this.temporary = temporary;
    }

    /// @param keep where to keep the files; null for a temporary directory
    static DemoDirectory in(@Nullable Path keep) {
        try {
            if (keep == null) {
                return new DemoDirectory(Files.createTempDirectory("sluice-demo-"), true, true);
            }
            Path directory = keep.toAbsolutePath();
            boolean created = !Files.exists(directory);
            Files.createDirectories(directory);
            // Asking for the permission is not enough: the directory may be on a read-only file system.
            Files.delete(Files.createTempFile(directory, "sluice", null));
            return new DemoDirectory(directory, created, false);
        } catch (IOException e) {
            throw new OperationFailed(
                    FailureId.DIRECTORY_NOT_WRITABLE,
                    "No file can be written: " + e,
                    keep == null ? "the temporary directory" : keep.toString(),
                    "Name a directory that this user may write to.",
                    e);
        }
    }

    Path directory() {
        return directory;
    }

    void succeeded() {
        succeeded = true;
    }

    /// Removes files that the user did not ask to keep. It always removes a temporary directory. It removes
    /// another directory if the demo made it and then failed.
    @Override
    public void close() throws IOException {
        if (temporary || (created && !succeeded)) {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
                        throws IOException {
                    Files.deleteIfExists(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        }
    }
}
