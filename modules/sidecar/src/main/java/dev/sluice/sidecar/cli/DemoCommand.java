package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.install.EmbeddedInstallation;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.report.ProgressDisplay;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.vdi.VDConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The main job on one machine: back up, restore, compare.
@Command(
        name = "demo",
        description = "Backs up a database through VDI into S3 and restores it, on an embedded SQL Server simulator and"
                + " an embedded S3 server, and compares the two.")
final class DemoCommand implements Callable<Integer> {

    private static final String DATABASE = "Demo";
    private static final String COPY = "DemoRestored";

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Option(
            names = "--input",
            paramLabel = "FILE.bak",
            description = "Send the bytes of this real backup instead of a generated database; once for each stripe.")
    List<Path> inputs = new ArrayList<>();

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "Size of the generated database, such as 2GiB. Default: 256MiB.")
    @Nullable
    ByteSize size;

    @Option(
            names = "--stripes",
            paramLabel = "N",
            description = "Devices, 1 to 64. Default: 1, or as many as there are inputs.")
    @Nullable
    Integer stripes;

    @Option(
            names = "--keep",
            paramLabel = "DIR",
            description = "Keep the bucket's files in this directory after success.")
    @Nullable
    Path keep;

    @Option(names = "--s3-port", paramLabel = "PORT", description = "Port of the embedded S3. Default: any free one.")
    int s3Port;

    @Option(
            names = "--sql-port",
            paramLabel = "PORT",
            description = "Port of the embedded SQL Server simulator. Default: any free one.")
    int sqlPort;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "Memory budget for bytes on their way. Default: 128MiB, or 8MiB a stripe if that is more.")
    @Nullable
    ByteSize memory;

    DemoCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() throws IOException {
        validate();
        Output output = common.output();
        DemoDirectory bucket = shutdown.guard(DemoDirectory.in(keep));
        EmbeddedInstallation installation = shutdown.guard(start(bucket.directory()));
        int devices = devices();
        output.tell("Started an embedded SQL Server simulator and an embedded S3 in this process.");

        BackupResult backup = backup(installation, devices);
        tellStored(output, backup);
        RestoreResult restore = restore(installation, backup.document());
        String difference = installation.server().compare(DATABASE, COPY).orElse("");
        boolean identical = difference.isEmpty();
        output.tell(String.format(
                Locale.ROOT,
                "Restored as %s: %s in %.1f s.",
                COPY,
                ByteSize.format(restore.bytes()),
                restore.seconds()));
        output.tell(identical ? "Compared: identical." : "Compared: DIFFERENT, " + difference);
        if (identical) {
            output.document(document(backup, restore));
        } else {
            throw new OperationFailed(
                    FailureId.DIFFERENT,
                    "The restored database differs from the original: " + difference,
                    "demo",
                    null);
        }
        bucket.succeeded();
        if (keep != null) {
            output.tell("The bucket's files are in %s.".formatted(bucket.directory()));
        }
        return Sluice.DONE;
    }

    private void validate() {
        if (!inputs.isEmpty() && size != null) {
            throw new UsageError("--input and --size exclude each other", "A real backup has the size that it has.");
        }
        if (size != null && size.bytes() <= 0) {
            throw new UsageError("--size must be more than 0", "Try --size 64MiB.");
        }
        for (Path input : inputs) {
            requireContent(input);
        }
        int devices = devices();
        if (devices < 1 || devices > VDConfig.MAX_DEVICES) {
            throw new UsageError(
                    String.format(Locale.ROOT, "a backup has 1 to %d stripes, not %d", VDConfig.MAX_DEVICES, devices),
                    "SQL Server accepts no more devices in one statement.");
        }
        if (!inputs.isEmpty() && stripes != null && stripes != inputs.size()) {
            throw new UsageError(
                    String.format(Locale.ROOT, "%d inputs were given for %d stripes", inputs.size(), stripes),
                    "Give one --input for each stripe, or leave --stripes out.");
        }
    }

    private static void requireContent(Path input) {
        if (!Files.isRegularFile(input)) {
            throw new UsageError("--input %s: there is no such file".formatted(input), "Name an existing .bak file.");
        }
        try {
            if (Files.size(input) == 0) {
                throw new UsageError("--input %s: the file is empty".formatted(input), "Name a backup that has bytes.");
            }
        } catch (IOException e) {
            throw new UsageError("--input %s: %s".formatted(input, e.getMessage()), "Name a file that can be read.");
        }
    }

    private int devices() {
        if (stripes != null) {
            return stripes;
        }
        return Math.max(1, inputs.size());
    }

    private EmbeddedInstallation start(Path objects) {
        long bytes = size == null ? 256L << 20 : size.bytes();
        try {
            return EmbeddedInstallation.start(objects, s3Port, sqlPort, budget(), options -> database(options, bytes));
        } catch (IllegalStateException | UncheckedIOException e) {
            throw new OperationFailed(
                    FailureId.START_FAILED,
                    String.valueOf(e.getMessage()),
                    "embedded servers",
                    "Leave --s3-port and --sql-port out to get free ports, and check that the directory is writable.",
                    e);
        }
    }

    private long budget() {
        // What eight parts of 16 MiB take, the most that is on its way to S3 at once: more would only be filled.
        return memory == null ? Math.max(128L << 20, devices() * (8L << 20)) : memory.bytes();
    }

    private ServerOptions database(ServerOptions options, long bytes) {
        return inputs.isEmpty()
                ? options.withDatabase(DATABASE, bytes)
                : options.withRawDatabase(
                        DATABASE, inputs.stream().map(Path::toAbsolutePath).toList());
    }

    private BackupResult backup(EmbeddedInstallation installation, int devices) {
        try (ProgressDisplay display = common.progress("backup ")) {
            return Await.get(installation.engine().backup(BackupRequest.full(DATABASE, devices), display));
        }
    }

    private RestoreResult restore(EmbeddedInstallation installation, BackupDocument backup) {
        try (ProgressDisplay display = common.progress("restore")) {
            return Await.get(installation.engine().restore(RestoreRequest.of(backup, COPY, false, true), display));
        }
    }

    private static void tellStored(Output output, BackupResult backup) {
        output.tell(String.format(
                Locale.ROOT,
                "Backed up %s: %s in %.1f s, as backup %s.",
                DATABASE,
                ByteSize.format(backup.document().bytes()),
                backup.seconds(),
                backup.document().backupId()));
        for (BackupDocument.Stripe stripe : backup.document().stripes()) {
            for (BackupDocument.Segment segment : stripe.segments()) {
                output.tell("  s3://%s/%s  %s  CRC32C %s"
                        .formatted(
                                EmbeddedInstallation.BUCKET,
                                segment.key(),
                                ByteSize.format(segment.bytes()),
                                segment.crc32c()));
            }
        }
    }

    private static Map<String, Object> document(BackupResult backup, RestoreResult restore) {
        List<Map<String, Object>> objects = new ArrayList<>();
        for (BackupDocument.Stripe stripe : backup.document().stripes()) {
            for (BackupDocument.Segment segment : stripe.segments()) {
                Map<String, Object> object = new LinkedHashMap<>();
                object.put("bucket", EmbeddedInstallation.BUCKET);
                object.put("key", segment.key());
                object.put("bytes", segment.bytes());
                objects.add(object);
            }
        }
        Map<String, Object> taken = new LinkedHashMap<>();
        taken.put("id", backup.document().backupId());
        taken.put("bytes", backup.document().bytes());
        taken.put("seconds", backup.seconds());
        taken.put("objects", objects);
        Map<String, Object> restored = new LinkedHashMap<>();
        restored.put("bytes", restore.bytes());
        restored.put("seconds", restore.seconds());
        restored.put("identical", true);
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("backup", taken);
        document.put("restore", restored);
        return document;
    }
}
