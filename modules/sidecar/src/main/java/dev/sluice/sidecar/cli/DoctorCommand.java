package dev.sluice.sidecar.cli;

import dev.sluice.catalog.Keys;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.run.TransferOptions;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.S3Store;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ConfigurationFile;
import dev.sluice.sidecar.doctor.BucketCheck;
import dev.sluice.sidecar.doctor.DoctorFinding;
import dev.sluice.sidecar.doctor.MachineCheck;
import dev.sluice.sidecar.doctor.MemoryCheck;
import dev.sluice.sidecar.doctor.ServerCheck;
import dev.sluice.sidecar.doctor.TransportCheck;
import dev.sluice.sidecar.install.ConfiguredInstallation;
import dev.sluice.sidecar.install.ConfiguredStore;
import dev.sluice.sidecar.log.Logging;
import dev.sluice.sidecar.log.Masking;
import dev.sluice.sidecar.report.Output;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Can this machine do it?
@Command(
        name = "doctor",
        description = {
            "Looks at everything between the configuration and a backup, and says what to do about what it finds.",
            "Exit code 0 when all is well, 3 when a person should look, 1 when backups, or that restore, will fail."
        })
final class DoctorCommand implements Callable<Integer> {

    @Mixin
    CommonOptions common = new CommonOptions();

    @Option(
            names = "--restore",
            paramLabel = "DB",
            description =
                    "Look at what a restore of this database's newest state, under a name that is free, would need"
                            + " as well.")
    @Nullable
    String restored;

    @Override
    public Integer call() {
        ConfigurationFile file = common.configuration();
        Masking.hide(file.secrets());
        Logging.apply(file.configuration().log(), Configuration.LogLevel.ERROR);
        Output output = common.output();
        List<DoctorFinding> findings = findings(file.configuration());
        if (restored != null) {
            findings.addAll(RestoreOutlook.of(file.configuration(), restored));
        }
        for (DoctorFinding finding : findings) {
            output.tell("%-4s  %-32s  %s"
                    .formatted(finding.level().name().toLowerCase(Locale.ROOT), finding.id(), finding.evidence()));
            if (!finding.fix().isEmpty()) {
                output.tell("%-4s  %-32s  -> %s".formatted("", "", finding.fix()));
            }
        }
        long failed = count(findings, DoctorFinding.Level.FAIL);
        long warned = count(findings, DoctorFinding.Level.WARN);
        output.tell(String.format(
                Locale.ROOT, "%d looked at, %d to look at, %d in the way.", findings.size(), warned, failed));
        output.document(Map.of("findings", findings));
        return failed > 0 ? Sluice.FAILED : warned > 0 ? Sluice.ATTENTION : Sluice.DONE;
    }

    private static long count(List<DoctorFinding> findings, DoctorFinding.Level level) {
        return findings.stream().filter(finding -> finding.level() == level).count();
    }

    private static List<DoctorFinding> findings(Configuration configuration) {
        List<DoctorFinding> findings = new ArrayList<>(machine(configuration).findings());
        findings.addAll(
                MemoryCheck.ofThisProcess(configuration.memory().budget().bytes())
                        .findings());
        findings.addAll(new TransportCheck(configuration).findings());
        findings.addAll(new ServerCheck(ConfiguredInstallation.serverOf(configuration.server())).findings());
        findings.addAll(bucket(configuration));
        return findings;
    }

    private static MachineCheck machine(Configuration configuration) {
        TransferOptions transfer = ConfiguredInstallation.transferOf(configuration.vdi());
        long buffers =
                (long) transfer.buffersPerStripe() * configuration.backup().stripes();
        return new MachineCheck(
                () -> ConfiguredInstallation.openVdi(configuration.vdi()),
                Path.of("/proc"),
                Path.of("/dev/shm"),
                Path.of("/var/opt/mssql/mssql.conf"),
                inContainer(),
                configuration.vdi().provider() == Configuration.Provider.SIMULATOR,
                buffers * transfer.maxTransferSize());
    }

    /// As Docker, podman and Kubernetes give themselves away.
    private static boolean inContainer() {
        return Files.exists(Path.of("/.dockerenv"))
                || Files.exists(Path.of("/run/.containerenv"))
                || System.getenv("KUBERNETES_SERVICE_HOST") != null;
    }

    private static List<DoctorFinding> bucket(Configuration configuration) {
        String key =
                new Keys(configuration.server().identity()).root() + "doctor-" + new Ulid(Clock.systemUTC()).next();
        try (S3Store opened = ConfiguredStore.open(ConfiguredStore.impatient(configuration))) {
            ObjectOptions options = ConfiguredStore.storage(configuration).objects(Instant.now());
            return new BucketCheck(opened, key, options, InstantSource.system()).findings();
        }
    }
}
