package dev.sluice.sidecar.cli;

import dev.sluice.sidecar.report.ByteSize;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of `sluice prove --server`.
final class SelfTestOptions {

    static final String SIZE = "--size";
    static final String CERTIFICATE = "--certificate";
    static final String KEEP = "--keep";
    static final String REPORT = "--report";
    static final String YES = "--yes";

    @Option(
            names = "--server",
            description =
                    "Prove the server instead of backups: make a scratch database, back it up and restore it in every"
                            + " way, cancel, kill, ask what the documents leave open about virtual devices, remove it all and"
                            + " write a report.")
    boolean server;

    @Option(
            names = SIZE,
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "With --server: how many bytes of rows the scratch database gets. Default: 64MiB.")
    @Nullable
    ByteSize size;

    @Option(
            names = CERTIFICATE,
            paramLabel = "NAME",
            description =
                    "With --server: encrypt one of the backups with this certificate of the server's master. Without"
                            + " it that step is left out; a self-test makes no certificate.")
    @Nullable
    String certificate;

    @Option(names = KEEP, description = "With --server: leave the backups in the bucket.")
    boolean keep;

    @Option(
            names = REPORT,
            paramLabel = "DIR",
            description =
                    "With --server: where the report is written, as JSON and Markdown. Default: the current directory.")
    @Nullable
    Path report;

    @Option(names = YES, description = "With --server: do not ask before it begins.")
    boolean yes;

    /// The name of an option that means nothing without `--server`; null when none was given.
    @Nullable
    String givenWithoutServer() {
        return size != null
                ? SIZE
                : certificate != null ? CERTIFICATE : keep ? KEEP : report != null ? REPORT : yes ? YES : null;
    }
}
