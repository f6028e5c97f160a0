package dev.sluice.sidecar;

import dev.sluice.engine.BackupRequest;
import dev.sluice.engine.BackupResult;
import dev.sluice.s3.catalog.BackupType;
import dev.sluice.vdi.VDConfig;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Takes one backup.
@Command(name = "backup", description = "Takes a backup of a database.")
final class BackupCommand implements Callable<Integer> {

    /// As the command line calls them.
    enum Type {
        full(BackupType.FULL),
        diff(BackupType.DIFFERENTIAL),
        log(BackupType.LOG);

        private final BackupType type;

        Type(BackupType type) {
            this.type = type;
        }
    }

    private final Shutdown shutdown;

    @Mixin
    Common common = new Common();

    @Mixin
    Target target = new Target();

    @Parameters(paramLabel = "DB", description = "The database.")
    String database = "";

    @Option(names = "--type", paramLabel = "TYPE", description = "full, diff or log. Default: full.")
    Type type = Type.full;

    @Option(names = "--copy-only", description = "Outside the chain: differentials and logs take no notice of it.")
    boolean copyOnly;

    @Option(names = "--stripes", paramLabel = "N", description = "Devices, 1 to 64. Default: as configured, or 1.")
    @Nullable
    Integer stripes;

    @Option(
            names = "--compression",
            negatable = true,
            description = "Let SQL Server compress, or not. Default: as configured, or not.")
    @Nullable
    Boolean compression;

    BackupCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        if (stripes != null && (stripes < 1 || stripes > VDConfig.MAX_DEVICES)) {
            throw new Misuse(
                    "a backup has 1 to %d stripes, not %d".formatted(VDConfig.MAX_DEVICES, stripes),
                    "SQL Server accepts no more devices in one statement.");
        }
        Output output = common.output();
        Installation installation = shutdown.guard(target.start(common.config));
        BackupRequest request = request(installation.backupDefaults());
        BackupResult result;
        try (ProgressDisplay display = common.progress("backup ")) {
            result = Blocking.get(installation.engine().backup(request, display));
        }
        output.tell("Backed up %s: %s in %.1f s, as backup %s."
                .formatted(
                        database,
                        ByteSize.format(result.document().bytes()),
                        result.seconds(),
                        result.document().backupId()));
        output.document(result.document());
        if (result.historyMissing()) {
            output.notice("sluice: the backup is good, but msdb has no row for it; its entry is completed later");
            return Sluice.ATTENTION;
        }
        return Sluice.DONE;
    }

    private BackupRequest request(BackupDefaults defaults) {
        return new BackupRequest(
                database,
                type.type,
                copyOnly,
                stripes == null ? defaults.stripes() : stripes,
                compression == null ? defaults.compression() : compression,
                defaults.checksum());
    }
}
