package dev.sluice.sidecar.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/// Reads files that users name. A pipe would keep the reader until another process writes, a device may never
/// end.
final class BoundedFile {

    private BoundedFile() {}

    /// The file is not of the kind, or the size, that is read. The message goes on behind the file's name.
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

    /// The text of a regular file, or of one that a link names.
    ///
    /// **Errors:** [Refused] for another kind of file, and for more than `largest` bytes, even if the file
    /// system reports a smaller size; [java.nio.charset.CharacterCodingException] when the file is not UTF-8.
    static String text(Path file, int largest) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new Refused("is no regular file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(largest + 1);
            if (bytes.length > largest) {
                throw new Refused(String.format(Locale.ROOT, "is larger than %d KiB", largest >> 10));
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        }
    }
}
