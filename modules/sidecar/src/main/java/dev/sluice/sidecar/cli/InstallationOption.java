package dev.sluice.sidecar.cli;

import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ConfigurationFile;
import dev.sluice.sidecar.install.ConfiguredInstallation;
import dev.sluice.sidecar.install.EmbeddedInstallation;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.log.Logging;
import dev.sluice.sidecar.log.Masking;
import dev.sluice.sidecar.report.ByteSize;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What a command works on: a configured server and bucket, or, only when told so, the embedded ones.
final class InstallationOption {

    private static final Path STATE = Path.of(".sluice");
    private static final long MEMORY = 256L << 20;
    private static final String DATABASE = "Sales";

    @Option(
            names = "--embedded",
            description =
                    "Work on the embedded SQL Server simulator and the embedded S3, with their state in ./.sluice/."
                            + " A toy: it has one database, Sales.")
    boolean embedded;

    @Option(
            names = "--embedded-size",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "How large that database is made when it does not exist yet. Default: 64MiB.")
    ByteSize embeddedSize = new ByteSize(64L << 20);

    /// Starts what the command works on, or says why there is nothing.
    Installation start(@Nullable Path config) {
        return start(config, null);
    }

    /// @param asOf an instant as of which the bucket is read; null for the bucket as it is
    Installation start(@Nullable Path config, @Nullable Instant asOf) {
        if (!embedded) {
            return configured(CommonOptions.configuration(config), asOf);
        }
        if (asOf != null) {
            throw new UsageError(
                    "the embedded S3 keeps no versions, so %s cannot go with --embedded".formatted(AsOfOption.NAME),
                    "Leave one of them out.");
        }
        if (config != null) {
            throw new UsageError(
                    "--embedded and --config name two different things to work on", "Leave one of them out.");
        }
        if (!canEmbed()) {
            throw new UsageError(
                    "this installation has no embedded simulator and S3",
                    "It is the production one, for a configured server and bucket; a checkout's ./sluice has them.");
        }
        return EmbeddedInstallation.start(STATE, MEMORY, DATABASE, embeddedSize.bytes());
    }

    /// Whether the stand-ins are installed; the production image leaves them out. Nothing in this class may name
    /// their types, or the commands could not be described without them.
    static boolean canEmbed() {
        return InstallationOption.class.getResource("/dev/sluice/simulator/server/SimulatedServer.class") != null;
    }

    private static Installation configured(ConfigurationFile file, @Nullable Instant asOf) {
        Masking.hide(file.secrets());
        Configuration configuration = file.configuration();
        Logging.apply(configuration.log(), Configuration.LogLevel.WARN);
        return ConfiguredInstallation.start(configuration, asOf);
    }
}
