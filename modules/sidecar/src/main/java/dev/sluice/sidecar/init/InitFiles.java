package dev.sluice.sidecar.init;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The files of a new installation, in one directory.
///
/// It replaces no file, and after a failure it removes those that it has made. A process that is killed in
/// between leaves some of them; the next run names them.
public final class InitFiles {

    public static final String CONFIGURATION = "sluice.yaml";
    public static final String LOGIN = "login.sql";
    public static final String POLICY = "policy.json";

    /// The login's password, generated or asked for, for its owner alone to read.
    public static final String PASSWORD = "sql-password";

    /// The secret of a key pair that was asked for, likewise.
    public static final String SECRET_KEY = "s3-secret";

    private static final Set<String> SECRETS = Set.of(PASSWORD, SECRET_KEY);

    private InitFiles() {}

    /// Refuses a directory in which one of these files exists.
    ///
    /// **Errors:** [OperationFailed], `file-exists`, which names all of them.
    public static void requireAbsent(Path directory, Collection<String> names) {
        List<String> there = names.stream()
                .filter(name -> Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS))
                .sorted()
                .toList();
        if (!there.isEmpty()) {
            throw exists(directory, String.join(", ", there), null);
        }
    }

    /// Writes all of the files, or none.
    ///
    /// @param contents by name, in the order of writing
    /// @return where they are
    ///
    /// **Errors:** [OperationFailed]: `file-exists`, `directory-not-writable`.
    public static List<Path> write(Path directory, Map<String, String> contents) {
        requireAbsent(directory, contents.keySet());
        List<Path> made = new ArrayList<>();
        try {
            Files.createDirectories(directory);
            for (Map.Entry<String, String> each : contents.entrySet()) {
                Path file = directory.resolve(each.getKey());
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(each.getValue());
                try (SeekableByteChannel out = Files.newByteChannel(
                        file,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        attributes(directory, each.getKey()))) {
                    made.add(file);
                    while (bytes.hasRemaining()) {
                        out.write(bytes);
                    }
                }
            }
            return made;
        } catch (FileAlreadyExistsException e) {
            throw undone(made, exists(directory, String.valueOf(e.getFile()), e));
        } catch (IOException e) {
            throw undone(
                    made,
                    new OperationFailed(
                            FailureId.DIRECTORY_NOT_WRITABLE,
                            "The files cannot be written: " + e,
                            directory.toString(),
                            "Name a directory that this user may write to with --dir.",
                            e));
        }
    }

    /// On Windows a new file has the access list of its directory.
    private static FileAttribute<?>[] attributes(Path directory, String name) throws IOException {
        return SECRETS.contains(name) && Files.getFileStore(directory).supportsFileAttributeView("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }

    private static <T extends RuntimeException> T undone(List<Path> made, T failure) {
        for (Path file : made) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                failure.addSuppressed(e);
            }
        }
        return failure;
    }

    private static OperationFailed exists(Path directory, String names, @Nullable Throwable cause) {
        return new OperationFailed(
                FailureId.FILE_EXISTS,
                "There is already: %s. Nothing was written".formatted(names),
                directory.toString(),
                "Move it away, or name another directory with --dir.",
                cause);
    }
}
