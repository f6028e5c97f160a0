package dev.sluice.engine.export;

import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// An export that was opened.
///
/// @param files contents by name, in the order of their execution, a text for people first
public record OpenedExport(Map<String, String> files) {

    /// **Errors:** [dev.sluice.engine.run.OperationFailed] `no-such-export`, `wrong-passphrase`,
    /// `export-damaged`, and those of the bucket.
    public static OpenedExport of(ExportSource source, Passphrase passphrase, Environment env, Blocking blocking) {
        return new OpenedExport(
                ExportReading.opened(source, passphrase, env, blocking).files());
    }

    /// Writes the files, for the eyes of this user alone.
    ///
    /// **Errors:** [IOException], also when one of them is there.
    public List<Path> write(Path directory) throws IOException {
        PrivateFile.directory(directory);
        List<Path> written = new ArrayList<>();
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = directory.resolve(file.getKey());
            PrivateFile.write(path, file.getValue().getBytes(StandardCharsets.UTF_8));
            written.add(path);
        }
        return written;
    }
}
