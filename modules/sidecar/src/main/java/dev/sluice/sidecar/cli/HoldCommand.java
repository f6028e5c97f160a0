package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.HoldDocument;
import dev.sluice.engine.retention.BackupLocks;
import dev.sluice.engine.retention.HoldRequest;
import dev.sluice.engine.retention.HoldResult;
import dev.sluice.engine.run.Counted;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.Output;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Keeps a backup from being removed.
@Command(
        name = "hold",
        description =
                "Holds a backup, with all that a restore of it reads: no policy and no command removes it, until the"
                        + " hold ends or is released. SQL Server need not be there. A second hold of the same backup replaces"
                        + " the first.")
final class HoldCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Parameters(paramLabel = "ID", description = "The backup's id, or how it begins.")
    String id = "";

    @Option(
            names = "--until",
            paramLabel = "WHEN",
            description = "When the hold ends: an instant (2027-06-30T12:00:00Z), or a date, which it includes, in the"
                    + " time zone of the database's policy. Without it, only `sluice release` ends it.")
    @Nullable
    String until;

    @Option(
            names = "--reason",
            paramLabel = "TEXT",
            description = "Why, for those who look later. Up to 1000 characters.")
    @Nullable
    String reason;

    @Option(
            names = "--lock",
            description =
                    "Have the bucket's Object Lock keep the objects, too: until --until, which `sluice release` does not end,"
                            + " or without --until by S3's legal hold, which `sluice release` lifts. Entered again, it goes on where"
                            + " it failed.")
    boolean lock;

    HoldCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Output output = common.output();
        if (reason != null && (reason.isBlank() || reason.length() > HoldDocument.LONGEST_REASON)) {
            throw new UsageError("--reason has 1 to 1000 characters", "Shorten it, or leave it away.");
        }
        Installation installation = shutdown.guard(target.start(common.config));
        BackupDocument backup = new CatalogLookup(installation.environment()).byId(id);
        Instant now = Instant.now();
        ZoneId zone = target.embedded
                ? ZoneOffset.UTC
                : Policies.of(common.configuration().configuration()).zone(backup.database());
        Instant end = until == null ? null : UntilOption.parse(until, zone, now);
        HoldResult result = Await.get(installation.engine().hold(new HoldRequest(backup, end, reason, now, lock)));
        HoldDocument hold = result.hold();
        output.tell(String.format(
                Locale.ROOT,
                "%s of %s is held%s, with %s that a restore of it reads.",
                hold.backupId(),
                hold.database(),
                end == null ? "" : " until " + end,
                Counted.of(hold.backups().size() - 1, "backup")));
        if (result.unreachable() != null) {
            output.notice("sluice: %s cannot be restored from what is in the bucket, so it alone is held: %s"
                    .formatted(hold.backupId(), result.unreachable()));
        }
        Map<String, @Nullable Object> document = HeldBackups.document(hold);
        document.put("database", hold.database());
        document.put("backups", hold.backups());
        document.put("unreachable", result.unreachable());
        document.put("notLocked", result.adopted());
        BackupLocks.Change locks = result.locks();
        document.put("locks", locks);
        Optional<OperationFailed> notLocked =
                result.notLocked(installation.environment().store().config().bucket());
        if (notLocked.isPresent()) {
            output.failure(notLocked.get(), HeldBackups.told(document));
            return notLocked.get().id().exitCode();
        }
        if (locks != null) {
            output.tell(String.format(
                    Locale.ROOT,
                    "%s %s.",
                    Counted.of(locks.objects(), "object"),
                    (locks.objects() == 1 ? "is " : "are ")
                            + (end == null ? "under legal hold" : "locked until " + end)));
        }
        if (!result.adopted().isEmpty()) {
            output.notice(
                    "sluice: no lock keeps the files of %s, which another program has stored; only their entries are locked"
                            .formatted(String.join(", ", result.adopted())));
        }
        output.document(document);
        return result.unreachable() == null && result.adopted().isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
    }
}
