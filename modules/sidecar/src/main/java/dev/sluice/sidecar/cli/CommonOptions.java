package dev.sluice.sidecar.cli;

import dev.sluice.sidecar.config.BucketConfiguration;
import dev.sluice.sidecar.config.ConfigurationFile;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.report.ProgressDisplay;
import dev.sluice.sidecar.report.StatusLine;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// What every command takes.
final class CommonOptions {

    @Spec(Spec.Target.MIXEE)
    @Nullable
    CommandSpec mixee;

    @Option(names = "--json", description = "Print one JSON document on standard output, and nothing else there.")
    boolean json;

    @Option(names = "--config", paramLabel = "FILE", description = "The configuration file.")
    @Nullable
    Path config;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    /// The configuration: the named file, or the first in the usual places.
    ConfigurationFile configuration() {
        return configuration(config);
    }

    /// As [#configuration()], for a command that needs the bucket alone.
    BucketConfiguration bucket() {
        return ConfigurationFile.readBucket(path(config), name -> System.getenv(name));
    }

    static ConfigurationFile configuration(@Nullable Path named) {
        return ConfigurationFile.read(path(named), name -> System.getenv(name));
    }

    private static Path path(@Nullable Path named) {
        return ConfigurationFile.find(
                        named, name -> System.getenv(name), Path.of("").toAbsolutePath())
                .orElseThrow(() -> new UsageError(
                        "there is no configuration: searched %s".formatted(ConfigurationFile.SEARCHED),
                        "Name one with --config FILE, or say --embedded, where a command takes it, to work on the"
                                + " embedded simulator and S3."));
    }

    Output output() {
        CommandSpec spec = spec();
        return new Output(spec.commandLine().getOut(), spec.commandLine().getErr(), json);
    }

    ProgressDisplay progress(String verb) {
        return new ProgressDisplay(spec().commandLine().getErr(), verb);
    }

    StatusLine statusLine() {
        return new StatusLine(spec().commandLine().getErr());
    }

    private CommandSpec spec() {
        if (mixee == null) {
            throw new IllegalStateException("options are read after the command line was parsed");
        }
        return mixee;
    }
}
