package dev.sluice.sidecar.serve.http;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.Engine;
import dev.sluice.engine.retention.HoldRequest;
import dev.sluice.engine.retention.HoldResult;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.hold.HoldBook;
import dev.sluice.sidecar.hold.HoldEnd;
import dev.sluice.sidecar.serve.Service;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `/api/v1/holds`
final class HoldHandlers {

    private static final Logger log = LoggerFactory.getLogger(HoldHandlers.class);

    private final Service service;
    private final Engine engine;
    private final BackupHandlers backups;
    private final HoldBook book;
    private final InstantSource clock;

    HoldHandlers(Service service, BackupHandlers backups, InstantSource clock) {
        this.service = service;
        this.engine = service.engine();
        this.backups = backups;
        this.book = new HoldBook(engine.environment().catalog());
        this.clock = clock;
    }

    /// Those in force.
    ApiResponse list(ApiRequest call) {
        HoldBook.Look look = book.look(clock.instant());
        return ApiResponse.json(200, HoldModel.Holds.of(look));
    }

    ApiResponse place(ApiRequest call) {
        JsonBody body = new JsonBody(call.body(), HoldModel.HoldRequest.class);
        String id = body.requiredText("backup");
        String until = body.text("until");
        String reason = body.text("reason");
        boolean lock = body.flag("lock");
        BackupDocument backup = backups.find(id);
        HoldRequest request = request(body, backup, until, reason, lock);
        HoldResult placed = Blocking.uncancellably(engine.hold(request)).orElseThrow();
        log.atInfo()
                .addKeyValue("backup", id)
                .addKeyValue("database", backup.database())
                .addKeyValue("hold", placed.hold().text())
                .addKeyValue("backups", placed.hold().backups().size())
                .addKeyValue("lock", lock)
                .log("hold asked for over HTTP");
        Optional<OperationFailed> notLocked =
                placed.notLocked(engine.environment().store().config().bucket());
        if (notLocked.isPresent()) {
            throw HttpProblem.of(notLocked.get());
        }
        return ApiResponse.json(201, HoldModel.PlacedHold.of(placed)).with("Location", "/api/v1/holds/" + id);
    }

    private HoldRequest request(
            JsonBody body, BackupDocument backup, @Nullable String until, @Nullable String reason, boolean lock) {
        Instant now = clock.instant();
        ZoneId zone = service.settings().policies().zone(backup.database());
        try {
            return new HoldRequest(backup, until == null ? null : HoldEnd.parse(until, zone), reason, now, lock);
        } catch (DateTimeException e) {
            throw body.wrong(
                    "'until' is neither an instant nor a date",
                    "write 2027-06-30, which includes that day, or 2027-06-30T12:00:00Z");
        } catch (IllegalArgumentException e) {
            throw body.wrong(String.valueOf(e.getMessage()), "write another one, or leave it out");
        }
    }

    /// A hold may have outlived its backup, so the backup is not looked for.
    ApiResponse release(ApiRequest call) {
        String id = call.path();
        if (!Ulid.isUlid(id)) {
            throw new HttpProblem(
                    FailureId.NOT_HELD, "there is no hold of a backup " + id, "list holds at /api/v1/holds");
        }
        String released = Blocking.uncancellably(engine.release(id)).orElseThrow();
        log.atInfo().addKeyValue("backup", released).log("end of a hold asked for over HTTP");
        return ApiResponse.json(200, new HoldModel.ReleasedHold(released));
    }
}
