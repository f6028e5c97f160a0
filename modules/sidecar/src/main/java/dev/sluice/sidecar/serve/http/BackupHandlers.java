package dev.sluice.sidecar.serve.http;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.Engine;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.restore.PlanOutcome;
import dev.sluice.engine.restore.PlannedRestore;
import dev.sluice.engine.restore.Precondition;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.restore.UnreachablePoint;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.serve.http.BackupModel.ListedBackup;
import dev.sluice.sidecar.serve.http.PlanModel.PlannedBackup;
import dev.sluice.sidecar.serve.http.PlanModel.PlannedFile;
import dev.sluice.sidecar.serve.http.PlanModel.Reachable;
import dev.sluice.sidecar.serve.http.RestoreModel.ExistingDatabase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;

/// `/api/v1/backups` and `/api/v1/plan`
final class BackupHandlers {

    private static final int LISTED = 1_000;

    private final Engine engine;
    private final Catalog catalog;

    BackupHandlers(Engine engine) {
        this.engine = engine;
        this.catalog = engine.environment().catalog();
    }

    /// The newest first.
    ApiResponse list(ApiRequest call) {
        Optional<String> database = call.parameter("database");
        Flux<CatalogKey> keys = database.map(catalog::list).orElseGet(catalog::list);
        // Pending documents first: an entry is written before its pending document goes, so that a backup which is
        // committed meanwhile is seen twice, and never not at all.
        Map<String, ListedBackup> byId = new HashMap<>();
        Blocking.uncancellably(unconfirmed()
                        .filter(document ->
                                database.isEmpty() || document.database().equals(database.get()))
                        .map(ListedBackup::unconfirmed))
                .forEach(one -> byId.put(one.id(), one));
        Blocking.uncancellably(keys.map(ListedBackup::of)).forEach(one -> byId.put(one.id(), one));
        List<ListedBackup> listed = new ArrayList<>(byId.values());
        listed.sort(Comparator.comparing(ListedBackup::startedAt).reversed());
        return ApiResponse.json(
                200, new BackupModel.Backups(listed.stream().limit(LISTED).toList(), listed.size()));
    }

    private Flux<BackupDocument> unconfirmed() {
        return catalog.pendings(_ -> {
                    // `list` and `recover` tell; here the others are wanted.
                })
                .filter(document -> !document.stripes().isEmpty());
    }

    ApiResponse show(ApiRequest call) {
        return ApiResponse.document(find(call.path()));
    }

    /// **Errors:** [HttpProblem] with 404.
    BackupDocument find(String id) {
        return committed(id)
                .or(() -> Blocking.uncancellably(unconfirmed()
                        .filter(pending -> pending.backupId().equals(id))
                        .next()))
                // It may have been committed between the two looks.
                .or(() -> committed(id))
                .orElseThrow(() -> new HttpProblem(
                        FailureId.NO_SUCH_BACKUP, "there is no backup " + id, "list them at /api/v1/backups"));
    }

    private Optional<BackupDocument> committed(String id) {
        return Blocking.uncancellably(catalog.list()
                .filter(key -> key.backupId().equals(id))
                .concatMap(catalog::outline)
                .next());
    }

    /// What a restore would do.
    ApiResponse plan(ApiRequest call) {
        RestoreOrder order = order(call);
        PlanOutcome outcome;
        try {
            outcome = Blocking.uncancellably(engine.tryPlan(order)).orElseThrow();
        } catch (OperationFailed e) {
            throw HttpProblem.ofPlanning(e);
        }
        return ApiResponse.json(
                200,
                switch (outcome) {
                    case PlannedRestore planned -> reachable(planned);
                    case UnreachablePoint no -> unreachable(no);
                });
    }

    private static RestoreOrder order(ApiRequest call) {
        RestoreOrder order = RestoreOrder.of(call.required("database"), new RestoreOrder.Point.At(call.required("to")))
                .as(call.parameter("as").orElse(null));
        ExistingDatabase existing = existing(call.parameter("existing").orElse("keep"));
        return existing == ExistingDatabase.SAVE_TAIL
                ? order.savingTail()
                : order.over(RestoreHandlers.decided(existing));
    }

    private static ExistingDatabase existing(String word) {
        for (ExistingDatabase existing : ExistingDatabase.values()) {
            if (ApiModel.written(existing).equals(word)) {
                return existing;
            }
        }
        throw new HttpProblem(
                FailureId.BAD_REQUEST,
                "'%s' is nothing that may happen to an existing database".formatted(word),
                "write one of " + String.join(", ", ApiModel.written(ExistingDatabase.class)));
    }

    private PlanModel.Plan reachable(PlannedRestore planned) {
        RestoreCheck check = checked(planned);
        return new PlanModel.Plan(
                true,
                planned.plan().bytes(),
                planned.plan().backups().stream().map(PlannedBackup::of).toList(),
                texts(planned.plan().findings(), planned.inventory().refused()),
                null,
                null,
                PlanModel.Precondition.of(check.preconditions()),
                PlannedFile.of(check.destinations()));
    }

    /// What the restore needs, as the command line shows it. A plan is worth something without SQL Server, too.
    private RestoreCheck checked(PlannedRestore planned) {
        try {
            return Blocking.uncancellably(engine.check(planned.checkable())).orElseThrow();
        } catch (OperationFailed e) {
            return new RestoreCheck(List.of(Precondition.unknown("servers-answer", e.what(), e.hint())), List.of());
        }
    }

    private static PlanModel.Plan unreachable(UnreachablePoint no) {
        return new PlanModel.Plan(
                false,
                null,
                null,
                texts(no.planning().findings(), no.inventory().refused()),
                no.planning().why(),
                no.planning().windows().stream().map(Reachable::of).toList(),
                null,
                null);
    }

    private static List<String> texts(List<PlanFinding> findings, List<String> refused) {
        return Stream.concat(findings.stream().map(PlanFinding::text), refused.stream())
                .toList();
    }
}
