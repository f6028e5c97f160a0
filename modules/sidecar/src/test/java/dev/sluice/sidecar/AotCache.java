package dev.sluice.sidecar;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Classes of the built program, loaded and linked ahead of time: a start costs half the processor time, and the
/// tests start the program a hundred times.
///
/// The first start of a build makes the cache by a small demo; the two JVMs of a test run share it.
final class AotCache {

    private static final Logger log = LoggerFactory.getLogger(AotCache.class);
    private static final long TRAINING_SECONDS = 120;

    private AotCache() {}

    /// Flags for starting `jar` with its cache; none when there is no cache to be had.
    ///
    /// @param command Java and its flags; a cache serves only a JVM with the same ones
    static synchronized List<String> flags(List<String> command, Path jar) throws IOException {
        Path directory = Files.createDirectories(jar.getParent().resolveSibling("aot"));
        // A jar that was built anew is another one.
        Path cache = directory.resolve(
                "tests-%d.aot".formatted(Files.getLastModifiedTime(jar).toMillis()));
        try (FileChannel lock = FileChannel.open(
                        directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = lock.lock()) {
            if (!Files.exists(cache)) {
                train(command, jar, cache);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // What Java thinks of a cache must not come between the program's lines.
        return Files.exists(cache) ? List.of("-XX:AOTCache=" + cache, "-Xlog:aot=off", "-Xlog:cds=off") : List.of();
    }

    private static void train(List<String> java, Path jar, Path cache) throws IOException, InterruptedException {
        Path making = cache.resolveSibling("new.aot");
        Path directory = Files.createTempDirectory("sluice-aot");
        List<String> command = new ArrayList<>(java);
        command.addAll(List.of(
                "-XX:AOTCacheOutput=" + making,
                "-Djava.io.tmpdir=" + directory,
                "-jar",
                jar.toString(),
                "demo",
                "--size",
                "8MiB"));
        Path said = directory.resolve("said");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            if (process.waitFor(TRAINING_SECONDS, TimeUnit.SECONDS) && Files.exists(making)) {
                Files.move(making, cache);
            } else {
                log.warn("no AOT cache was made, and programs start slowly: {}", Files.readString(said));
            }
        } finally {
            process.destroyForcibly();
        }
    }
}
