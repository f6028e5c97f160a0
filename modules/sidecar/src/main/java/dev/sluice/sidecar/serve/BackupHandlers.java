package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.Engine;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.plan.UnclearTime;
import dev.sluice.engine.plan.Window;
import dev.sluice.engine.restore.Destination;
import dev.sluice.engine.restore.Precondition;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
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

    private record Listed(
            String id, String directory, BackupType type, Instant startedAt, long bytes, String verdict) {}

    /// The newest first.
    ApiResponse list(ApiRequest call) {
        Optional<String> database = call.parameter("database");
        Flux<CatalogKey> keys = database.map(catalog::list).orElseGet(catalog::list);
        List<Listed> listed = new ArrayList<>(keys.map(key ->
                        new Listed(key.backupId(), key.database(), key.type(), key.startedAt(), key.bytes(), "GOOD"))
                .collectList()
                .blockOptional()
                .orElse(List.of()));
        unconfirmed()
                .filter(document -> database.isEmpty() || document.database().equals(database.get()))
                .map(document -> new Listed(
                        document.backupId(),
                        Keys.database(document.database()),
                        document.type(),
                        document.startedAt(),
                        document.bytes(),
                        "UNCONFIRMED"))
                .toIterable()
                .forEach(listed::add);
        listed.sort(Comparator.comparing(Listed::startedAt).reversed());
        Map<String, Object> json = new LinkedHashMap<>();
        json.put(
                "backups",
                listed.stream().limit(LISTED).map(BackupHandlers::row).toList());
        json.put("total", listed.size());
        return ApiResponse.json(200, json);
    }

    private static Map<String, Object> row(Listed listed) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", listed.id);
        row.put("directory", listed.directory);
        row.put("type", listed.type.name());
        row.put("startedAt", listed.startedAt.toString());
        row.put("bytes", listed.bytes);
        row.put("verdict", listed.verdict);
        return row;
    }

    private Flux<BackupDocument> unconfirmed() {
        return catalog.pendings(_ -> {
                    // `list` and `recover` tell; here the others are wanted.
                })
                .filter(document -> !document.stripes().isEmpty());
    }

    ApiResponse show(ApiRequest call) {
        String id = call.path();
        BackupDocument document = catalog.list()
                .filter(key -> key.backupId().equals(id))
                .concatMap(catalog::outline)
                .switchIfEmpty(
                        unconfirmed().filter(pending -> pending.backupId().equals(id)))
                .next()
                .blockOptional()
                .orElseThrow(() -> new HttpProblem(
                        FailureId.NO_SUCH_BACKUP, "there is no backup " + id, "list them at /api/v1/backups"));
        return ApiResponse.json(200, document);
    }

    /// What a restore would do. It restores nothing: that is for the command line.
    ApiResponse plan(ApiRequest call) {
        String database = call.required("database");
        Inventory inventory = engine.inventory(database, null).blockOptional().orElseThrow();
        RestoreTarget target;
        try {
            target = RestoreTarget.parse(call.required("to"), inventory.time());
        } catch (IllegalArgumentException | UnclearTime e) {
            throw new HttpProblem(
                    FailureId.BAD_REQUEST,
                    String.valueOf(e.getMessage()),
                    "write `end`, `lsn:N` or an instant with its offset");
        }
        Planning planning = new Planner(inventory.backups()).plan(PlanRequest.to(target));
        Map<String, Object> json = json(planning, inventory.refused());
        if (planning instanceof RestorePlan plan) {
            RestoreRequest request = RestoreRequest.of(
                    plan,
                    inventory.documents(),
                    call.parameter("as").orElse(inventory.database()),
                    Map.of(),
                    existing(call));
            json.putAll(checked(request));
        }
        return ApiResponse.json(200, json);
    }

    private static Existing existing(ApiRequest call) {
        String existing = call.parameter("existing").orElse("keep");
        return switch (existing) {
            case "keep" -> Existing.KEEP;
            case "replace" -> Existing.REPLACE;
            case "discard-tail" -> Existing.REPLACE_AND_DISCARD_TAIL;
            default ->
                throw new HttpProblem(
                        FailureId.BAD_REQUEST,
                        "'%s' is nothing that may happen to an existing database".formatted(existing),
                        "write `keep`, `replace` or `discard-tail`");
        };
    }

    /// What the restore needs, as the command line shows it. A plan is worth something without SQL Server, too.
    private Map<String, Object> checked(RestoreRequest request) {
        List<Precondition> preconditions;
        List<Destination> files = List.of();
        try {
            RestoreCheck check = engine.check(request).blockOptional().orElseThrow();
            preconditions = check.preconditions();
            files = check.destinations();
        } catch (OperationFailed e) {
            preconditions = List.of(Precondition.unknown("servers-answer", e.what(), e.hint()));
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put(
                "preconditions",
                preconditions.stream().map(Precondition::toDocument).toList());
        json.put("files", files.stream().map(Destination::toDocument).toList());
        return json;
    }

    private static Map<String, Object> json(Planning planning, List<String> refused) {
        Map<String, Object> json = new LinkedHashMap<>();
        switch (planning) {
            case RestorePlan plan -> {
                json.put("reachable", true);
                json.put("bytes", plan.bytes());
                json.put(
                        "backups",
                        plan.backups().stream().map(BackupHandlers::step).toList());
                json.put("findings", texts(plan.findings(), refused));
            }
            case Planning.Unreachable no -> {
                json.put("reachable", false);
                json.put("why", no.why());
                json.put("findings", texts(no.findings(), refused));
                json.put(
                        "windows",
                        no.windows().stream().map(BackupHandlers::window).toList());
            }
        }
        return json;
    }

    private static List<String> texts(List<PlanFinding> findings, List<String> refused) {
        return Stream.concat(findings.stream().map(PlanFinding::text), refused.stream())
                .toList();
    }

    private static Map<String, Object> step(Backup backup) {
        Map<String, Object> step = new LinkedHashMap<>();
        step.put("id", backup.id());
        step.put("type", backup.kind().name());
        step.put("finishedAt", backup.finished().toString());
        step.put("lastLsn", backup.lastLsn().toDecimal().toString());
        step.put("bytes", backup.bytes());
        return step;
    }

    private static Map<String, Object> window(Window window) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("earliest", window.earliest().toString());
        json.put("latest", window.latest().toString());
        return json;
    }
}
