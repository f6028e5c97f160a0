package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.Engine;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.restore.PlanOutcome;
import dev.sluice.engine.restore.PlannedRestore;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.run.Counted;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Verifies the backups that a restore of a database to the end reads, one after the other. What is wrong with one of
/// them keeps no other from being read.
final class ChainVerification {

    private final Engine engine;
    private final Output output;
    private final Function<BackupDocument, VerifyReport> verify;

    /// @param verify reads one, tells of it, and fails when it is damaged
    ChainVerification(Engine engine, Output output, Function<BackupDocument, VerifyReport> verify) {
        this.engine = engine;
        this.output = output;
        this.verify = verify;
    }

    /// **Errors:** [OperationFailed] `no-such-backup` when the bucket has none of the database, and `unreachable` when
    /// nothing of it can be restored.
    ///
    /// @return the exit code
    int run(String database) {
        PlannedRestore planned = planned(database);
        Inventory inventory = planned.inventory();
        inventory.notes().forEach(note -> output.notice("sluice: " + note));
        List<BackupDocument> backups = documents(planned);
        List<VerifyReport> sound = new ArrayList<>();
        Map<String, OperationFailed> failed = new LinkedHashMap<>();
        FailureId.Repetition repetition = new FailureId.Repetition();
        for (BackupDocument backup : backups) {
            if (repetition.concernsTheOthersToo()) {
                output.notice("sluice: %s was not read, for the same reason".formatted(backup.backupId()));
                continue;
            }
            try {
                sound.add(verify.apply(backup));
                repetition.succeeded();
            } catch (RuntimeException e) {
                OperationFailed failure = Failures.of(e);
                if (failure.id() == FailureId.CANCELLED) {
                    throw failure;
                }
                repetition.failed(failure.id());
                failed.put(backup.backupId(), failure);
                output.noticeFailure(failure);
            }
        }
        // Behind the verifications, so that they are not lost above them.
        inventory.refused().forEach(why -> output.notice("sluice: not planned with: " + why));
        planned.plan().findings().forEach(finding -> output.notice("sluice: " + finding.text()));
        output.tell(summary(planned.database(), backups, sound));
        output.document(document(planned, backups, sound, failed));
        if (sound.size() < backups.size()) {
            return Sluice.FAILED;
        }
        return planned.needsAttention() ? Sluice.ATTENTION : Sluice.DONE;
    }

    private PlannedRestore planned(String database) {
        PlanOutcome outcome = Await.get(engine.tryPlan(RestoreOrder.of(database, new RestoreOrder.Point.At("end"))));
        Inventory inventory = outcome.inventory();
        if (inventory.documents().isEmpty() && inventory.refused().isEmpty()) {
            throw nothingOf(database, inventory);
        }
        return outcome.required();
    }

    private OperationFailed nothingOf(String database, Inventory inventory) {
        List<String> what = new ArrayList<>();
        what.add(
                Ulid.canBegin(database)
                        ? "There is no backup whose id begins with %s, and none of a database of this name"
                                .formatted(database)
                        : "The bucket has no backups of %s".formatted(database));
        what.addAll(inventory.notes());
        return new OperationFailed(
                FailureId.NO_SUCH_BACKUP,
                String.join("\n", what),
                "bucket " + engine.environment().store().config().bucket(),
                "`sluice list` shows the databases and the ids of their backups.",
                null);
    }

    /// In the order in which a restore reads them.
    private static List<BackupDocument> documents(PlannedRestore planned) {
        Map<String, BackupDocument> byId = new LinkedHashMap<>();
        planned.inventory().documents().forEach(document -> byId.put(document.backupId(), document));
        return planned.plan().backups().stream()
                .flatMap(backup -> Optional.ofNullable(byId.get(backup.id())).stream())
                .toList();
    }

    private static String summary(String database, List<BackupDocument> backups, List<VerifyReport> sound) {
        String read =
                ByteSize.format(sound.stream().mapToLong(VerifyReport::bytes).sum());
        return sound.size() == backups.size()
                ? "Verified %s: all that a restore to the end reads, %s, %s."
                        .formatted(database, Counted.of(backups.size(), "backup"), read)
                : String.format(
                        Locale.ROOT,
                        "Of the %s that a restore of %s to the end reads, %d %s stored.",
                        Counted.of(backups.size(), "backup"),
                        database,
                        sound.size(),
                        sound.size() == 1 ? "is as it was" : "are as they were");
    }

    private static Map<String, Object> document(
            PlannedRestore planned,
            List<BackupDocument> backups,
            List<VerifyReport> sound,
            Map<String, OperationFailed> failed) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("database", planned.database());
        document.put("backups", backups.stream().map(BackupDocument::backupId).toList());
        document.put("sound", sound);
        document.put(
                "failed",
                failed.entrySet().stream()
                        .map(one -> Map.of("backup", one.getKey(), "error", Output.error(one.getValue())))
                        .toList());
        document.put(
                "findings",
                planned.plan().findings().stream().map(PlanFinding::text).toList());
        document.put("refused", planned.inventory().refused());
        return document;
    }
}
