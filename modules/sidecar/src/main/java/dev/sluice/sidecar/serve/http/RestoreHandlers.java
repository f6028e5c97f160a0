package dev.sluice.sidecar.serve.http;

import dev.sluice.engine.Engine;
import dev.sluice.engine.plan.Opening;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.restore.PlannedRestore;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.restore.RestoreRequest.Choices;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.serve.RequestedJobs;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.TrackedRestore;
import dev.sluice.sidecar.serve.http.RestoreModel.ExistingDatabase;
import dev.sluice.sidecar.serve.http.RestoreModel.LeftAs;
import dev.sluice.sidecar.serve.http.RestoreModel.RestoreRequest;
import dev.sluice.sidecar.serve.http.RestoreModel.ServiceBroker;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `/api/v1/restores`
final class RestoreHandlers {

    private static final Logger log = LoggerFactory.getLogger(RestoreHandlers.class);
    private static final String PATH = "/api/v1/restores/";

    private final Engine engine;
    private final RequestedJobs jobs;

    RestoreHandlers(Service service) {
        this.engine = service.engine();
        this.jobs = service.requested();
    }

    ApiResponse list(ApiRequest call) {
        return ApiResponse.json(
                200,
                new RestoreModel.Restores(jobs.restores().all().stream()
                        .map(RestoreModel.Restore::of)
                        .toList()));
    }

    ApiResponse show(ApiRequest call) {
        return ApiResponse.json(200, RestoreModel.Restore.of(find(call)));
    }

    /// Refuses at once what can be known to fail. The restore asks all of it again at its turn.
    ApiResponse start(ApiRequest call) {
        RestoreOrder order = order(new JsonBody(call.body(), RestoreRequest.class));
        PlannedRestore planned;
        try {
            planned = Blocking.uncancellably(engine.plan(order)).orElseThrow();
        } catch (OperationFailed e) {
            throw HttpProblem.ofPlanning(e);
        }
        RestoreCheck check =
                Blocking.uncancellably(engine.check(planned.checkable())).orElseThrow();
        Optional<OperationFailed> refusal = check.refusal();
        if (refusal.isPresent()) {
            throw HttpProblem.refused(refusal.get(), check.preconditions());
        }
        TrackedRestore job = jobs.restore(order);
        log.atWarn()
                .addKeyValue("job", job.id())
                .addKeyValue("database", planned.database())
                .addKeyValue("as", planned.restoredName())
                .addKeyValue("to", order.point())
                .addKeyValue("existing", order.existing())
                .log("restore asked for over HTTP");
        return ApiResponse.json(202, RestoreModel.Restore.of(job)).with("Location", PATH + job.id());
    }

    static RestoreOrder order(JsonBody body) {
        String database = body.requiredText("database");
        String as = body.text("as");
        ExistingDatabase existing = body.choice("existing", ExistingDatabase.class);
        Existing decided = decided(existing);
        if (as == null && existing != null && existing != ExistingDatabase.KEEP) {
            throw body.wrong(
                    "'existing' is '%s', and 'as' does not name the database that it is about"
                            .formatted(ApiModel.written(existing)),
                    "name that database in 'as', even if it is '%s'".formatted(database));
        }
        return new RestoreOrder(
                database,
                point(body),
                as,
                body.textByText("moves"),
                decided,
                existing == ExistingDatabase.SAVE_TAIL,
                new Choices(body.flag("defaultPaths"), body.flag("acceptRewritten")),
                recovery(body),
                body.flag("unconfirmed"),
                body.texts("without"),
                zone(body));
    }

    /// In the engine's terms.
    static Existing decided(@Nullable ExistingDatabase existing) {
        return switch (existing) {
            case null -> Existing.KEEP;
            case KEEP -> Existing.KEEP;
            case REPLACE, SAVE_TAIL -> Existing.REPLACE;
            case DISCARD_TAIL -> Existing.REPLACE_AND_DISCARD_TAIL;
            case CONTINUE -> Existing.CONTINUE;
        };
    }

    private static RestoreOrder.Point point(JsonBody body) {
        String to = body.text("to");
        String backup = body.text("backup");
        String atMark = body.text("stopAtMark");
        String beforeMark = body.text("stopBeforeMark");
        String markAfter = body.text("markAfter");
        String hint =
                "write 'to' with `end`, `lsn:N` or an instant with its offset, 'backup' with an id, or 'stopAtMark' or 'stopBeforeMark' with the name of a mark";
        List<String> said = Stream.of("to", "backup", "stopAtMark", "stopBeforeMark")
                .filter(name -> body.text(name) != null)
                .toList();
        if (said.isEmpty()) {
            throw body.wrong("neither 'to' nor 'backup' nor a mark says where it ends", hint);
        }
        if (said.size() > 1) {
            throw body.wrong("both '%s' and '%s' say where it ends".formatted(said.getFirst(), said.get(1)), hint);
        }
        if (markAfter != null && atMark == null && beforeMark == null) {
            throw body.wrong("'markAfter' tells marks apart, and no mark is named", hint);
        }
        if (to != null) {
            return new RestoreOrder.Point.At(to);
        }
        if (backup != null) {
            return new RestoreOrder.Point.EndOf(backup);
        }
        return atMark != null
                ? new RestoreOrder.Point.Mark(atMark, true, markAfter)
                : new RestoreOrder.Point.Mark(Objects.requireNonNull(beforeMark), false, markAfter);
    }

    private static Opening opening(JsonBody body) {
        ServiceBroker broker = body.choice("serviceBroker", ServiceBroker.class);
        return new Opening(
                body.flag("restrictedUser"),
                body.flag("keepReplication"),
                body.flag("keepCdc"),
                switch (broker) {
                    case null -> null;
                    case ENABLE_BROKER -> Opening.Broker.ENABLE_BROKER;
                    case NEW_BROKER -> Opening.Broker.NEW_BROKER;
                    case ERROR_BROKER_CONVERSATIONS -> Opening.Broker.ERROR_BROKER_CONVERSATIONS;
                });
    }

    private static Recovery recovery(JsonBody body) {
        LeftAs leave = body.choice("leave", LeftAs.class);
        String undoFile = body.text("undoFile");
        if (leave == LeftAs.STANDBY && undoFile != null) {
            requireNothingOfOpening(body, opening(body));
            return new Recovery.Standby(undoFile);
        }
        if (leave == LeftAs.STANDBY || undoFile != null) {
            throw body.wrong(
                    "'leave' as 'standby' and 'undoFile' belong together",
                    "write both, with the path of the undo file on SQL Server's machine, or neither");
        }
        Opening opening = opening(body);
        if (leave != LeftAs.NORECOVERY) {
            return new Recovery.Recover(opening);
        }
        requireNothingOfOpening(body, opening);
        return new Recovery.NoRecovery();
    }

    private static void requireNothingOfOpening(JsonBody body, Opening opening) {
        if (!opening.equals(Opening.PLAIN)) {
            throw body.wrong(
                    "%s is for a database that the restore opens"
                            .formatted(opening.options().getFirst()),
                    "leave it out, or write 'leave' as 'recovery'");
        }
    }

    private static @Nullable ZoneId zone(JsonBody body) {
        String zone = body.text("zone");
        try {
            return zone == null ? null : ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw body.wrong("'zone' is '%s', which is no zone".formatted(zone), "write Europe/Berlin or +02:00");
        }
    }

    ApiResponse cancel(ApiRequest call) {
        TrackedRestore job = find(call);
        if (!jobs.restores().cancel(job)) {
            throw new HttpProblem(FailureId.JOB_OVER, "%s is over".formatted(job.id()), "");
        }
        log.atWarn().addKeyValue("job", job.id()).log("cancel asked for over HTTP");
        return ApiResponse.json(202, RestoreModel.Restore.of(job));
    }

    private TrackedRestore find(ApiRequest call) {
        return jobs.restores().find(call.path()).orElseThrow(() -> HttpProblem.noSuchJob(call.path()));
    }
}
