package dev.sluice.sidecar.cli;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/// The directory where the simulator and its clients meet. [#close()] removes it if this process made it
/// and no client uses it any more.
record VdiDirectory(Path directory, boolean made) implements AutoCloseable {

    /// A set whose statement has just ended takes its files away moments later, on a thread of its own.
    private static final Duration SETS_GO = Duration.ofSeconds(2);

    static VdiDirectory in(Path directory) {
        try {
            boolean made = !Files.isDirectory(directory);
            Files.createDirectories(directory);
            return new VdiDirectory(directory, made);
        } catch (IOException e) {
            throw new OperationFailed(
                    FailureId.DIRECTORY_NOT_WRITABLE,
                    "The directory for virtual devices cannot be made: " + e.getMessage(),
                    directory.toString(),
                    "Name another one, on tmpfs, with --vdi-dir.",
                    e);
        }
    }

    @Override
    public void close() throws IOException {
        long limit = System.nanoTime() + SETS_GO.toNanos();
        while (made) {
            try {
                Files.deleteIfExists(directory);
                return;
            } catch (DirectoryNotEmptyException e) {
                if (System.nanoTime() - limit > 0) {
                    return; // a client still has a set in it
                }
                LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
            }
        }
    }
}
