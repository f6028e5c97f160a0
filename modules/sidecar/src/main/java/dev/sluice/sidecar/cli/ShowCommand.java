package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.DrillDocument;
import dev.sluice.catalog.Origin;
import dev.sluice.catalog.VerificationDocument;
import dev.sluice.engine.retention.BackupLocks;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.stream.StreamFront;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.DrillDisplay;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.report.VerificationDisplay;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Shows one backup: what the catalog says, and what its stream says.
@Command(name = "show", description = "Shows one backup: its catalog document, and what the stream says about itself.")
final class ShowCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Mixin
    AsOfOption asOf = new AsOfOption();

    @Parameters(paramLabel = "ID", description = "The backup's id, or how it begins.")
    String id = "";

    ShowCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Output output = common.output();
        Installation installation = asOf.start(shutdown, target, common);
        BackupDocument backup = new CatalogLookup(installation.environment()).byId(id);
        StreamFront stream = Await.get(installation.engine().show(backup));
        HeldBackups held = HeldBackups.read(
                installation.environment(), e -> output.notice("sluice: " + e.getMessage()), asOf.orNow());
        tell(output, backup);
        ObjectOptions.Lock lock = lock(installation.environment(), backup);
        if (lock != null) {
            line(
                    output,
                    "object lock",
                    "%s until %s, as store.object-lock says now"
                            .formatted(lock.mode().name().toLowerCase(Locale.ROOT), lock.retainUntil()));
        }
        held.text(backup.backupId()).ifPresent(text -> line(output, "hold", text));
        // Without either, most buckets have no Object Lock, and the requests would be for nothing.
        BackupLocks.Seen locks = lock == null && held.text(backup.backupId()).isEmpty()
                ? null
                : Blocking.uncancellably(
                                new BackupLocks(installation.environment()).look(backup.backupId(), backup.database()))
                        .orElse(null);
        if (locks != null) {
            line(output, "in the bucket", text(locks));
        }
        tell(output, stream);
        List<DrillDocument> drills =
                LastDrill.all(installation.environment().catalog().drills(), backup.database()).stream()
                        .filter(drill -> drill.backups().contains(backup.backupId()))
                        .toList();
        drills.forEach(drill -> tell(output, drill));
        List<VerificationDocument> verifications = LastVerifications.of(
                installation.environment().catalog().verifications(), backup, text -> output.notice("sluice: " + text));
        verifications.forEach(verification -> tell(output, verification));
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("document", backup);
        document.put("hold", held.document(backup.backupId()));
        document.put("lockedUntil", lock == null ? null : lock.retainUntil().toString());
        document.put("locks", locks);
        document.put("stream", stream);
        document.put("drills", drills.stream().map(DrillDisplay::document).toList());
        document.put(
                "verifications",
                verifications.stream().map(VerificationDisplay::document).toList());
        output.document(document);
        return backup.verdict().outcome() == BackupDocument.Outcome.GOOD ? Sluice.DONE : Sluice.ATTENTION;
    }

    /// What Sluice asks for when it stores this backup; no request is made for what the bucket has. The files of an
    /// adopted backup are another program's, and Sluice locks none of them.
    private static ObjectOptions.@Nullable Lock lock(Environment environment, BackupDocument backup) {
        return backup.origin() == Origin.ADOPTED ? null : environment.storage().lock(backup);
    }

    private static String text(BackupLocks.Seen locks) {
        ObjectOptions.Lock retention = locks.retention();
        return String.format(
                Locale.ROOT,
                "%s, legal hold on %d of %d objects%s",
                retention == null
                        ? "not every object is locked"
                        : "locked (%s) until %s at least"
                                .formatted(retention.mode().name().toLowerCase(Locale.ROOT), retention.retainUntil()),
                locks.legalHold(),
                locks.objects(),
                locks.refused().isEmpty()
                        ? ""
                        : "; the bucket does not tell of all: "
                                + locks.refused().getFirst());
    }

    private static void tell(Output output, BackupDocument backup) {
        line(output, "backup", backup.backupId());
        line(output, "database", "%s on %s".formatted(backup.database(), backup.server()));
        line(output, "type", backup.type() + (backup.copyOnly() ? ", copy-only" : ""));
        line(output, "started", backup.startedAt());
        line(output, "finished", backup.finishedAt() == null ? "not known" : backup.finishedAt());
        line(
                output,
                "verdict",
                "%s: %s".formatted(backup.verdict().outcome(), backup.verdict().proof()));
        line(output, "LSNs", "%s to %s".formatted(backup.firstLsn(), backup.lastLsn()));
        backup.statement().ifPresent(statement -> line(output, "statement", statement));
        BackupDocument.StoredAs objects = backup.options().objects();
        if (objects != null && objects.storageClass() != null) {
            line(output, "storage class", objects.storageClass());
        }
        for (BackupDocument.Stripe stripe : backup.stripes()) {
            for (BackupDocument.Segment segment : stripe.segments()) {
                line(
                        output,
                        "stripe " + stripe.index(),
                        String.format(
                                Locale.ROOT,
                                "%s  %s  %s",
                                segment.key(),
                                ByteSize.format(segment.bytes()),
                                sums(segment)));
            }
        }
    }

    private static void tell(Output output, DrillDocument drill) {
        line(
                output,
                "drill",
                "%s  %s  %s, restored to %s on %s"
                        .formatted(
                                drill.finishedAt(),
                                drill.drillId(),
                                drill.outcome().text(),
                                drill.point(),
                                drill.server()));
        if (drill.step() != null) {
            line(output, "found", "step %s, %s: %s".formatted(drill.step(), drill.failure(), drill.what()));
        }
    }

    private static void tell(Output output, VerificationDocument verification) {
        line(
                output,
                "verified",
                "%s  %s, %s read"
                        .formatted(
                                verification.finishedAt(),
                                verification.outcome().text(),
                                ByteSize.format(verification.bytes())));
        verification.problems().forEach(problem -> line(output, "damage", problem));
    }

    private static String sums(BackupDocument.Segment segment) {
        BackupDocument.Blocks blocks = segment.blocks();
        return blocks == null
                ? "without sums"
                : String.format(
                        Locale.ROOT,
                        "CRC32C %s  %d parts, %d blocks of %s",
                        segment.crc32c(),
                        segment.parts().size(),
                        blocks.crc32c().size(),
                        ByteSize.format(blocks.size()));
    }

    private static void tell(Output output, StreamFront stream) {
        if (!stream.understood()) {
            line(output, "stream", "not understood: " + stream.reason());
            return;
        }
        for (Map<String, Object> part : List.of(stream.label(), stream.set(), stream.header())) {
            part.forEach((name, value) -> line(output, name, value));
        }
        for (Map<String, Object> file : stream.files()) {
            line(
                    output,
                    "file " + file.get("file_id"),
                    "%s  %s  %s".formatted(file.get("type"), file.get("logical_name"), file.get("physical_name")));
        }
    }

    private static void line(Output output, String name, Object value) {
        output.tell("%-26s %s".formatted(name, value));
    }
}
