package dev.sluice.sidecar.report;

import dev.sluice.engine.run.ControlCharacters;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.selftest.SelfTestReport;
import dev.sluice.sidecar.log.Masking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The report of a self-test as two files, which are written again after each step, so that they are there when
/// it stops half-way.
///
/// **Threading:** one thread writes; the others may ask when it has ended.
///
/// **Errors:** a file that cannot be written is told at the end: the self-test itself goes on and cleans up.
public final class SelfTestFiles {

    private static final Logger log = LoggerFactory.getLogger(SelfTestFiles.class);

    private final Path directory;
    private volatile List<Path> written = List.of();
    private volatile @Nullable IOException failure;

    public SelfTestFiles(Path directory) {
        this.directory = directory;
    }

    public void write(SelfTestReport report) {
        Path json = directory.resolve("sluice-self-test-" + report.id() + ".json");
        Path markdown = directory.resolve("sluice-self-test-" + report.id() + ".md");
        JsonMapper mapper =
                JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
        try {
            Files.createDirectories(directory);
            replace(json, mapper.writeValueAsString(SelfTestDisplay.document(report)) + "\n");
            replace(markdown, SelfTestDisplay.markdown(report));
            written = List.of(json, markdown);
            failure = null;
        } catch (IOException e) {
            failure = e;
            log.atWarn().addKeyValue("directory", directory).setCause(e).log("the report cannot be written");
        }
    }

    private static void replace(Path file, String text) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".tmp");
        Files.writeString(beside, ControlCharacters.escapedLines(Masking.mask(text)));
        Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
    }

    /// The files that are there.
    public List<Path> written() {
        return written;
    }

    /// **Errors:** [OperationFailed] when the last report could not be written.
    public void requireWritten() {
        IOException e = failure;
        if (e != null) {
            throw new OperationFailed(
                    FailureId.DIRECTORY_NOT_WRITABLE,
                    "The report cannot be written: " + e.getMessage(),
                    directory.toString(),
                    e);
        }
    }
}
