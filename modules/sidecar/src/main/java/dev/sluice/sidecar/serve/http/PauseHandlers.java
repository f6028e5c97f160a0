package dev.sluice.sidecar.serve.http;

import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.catalog.PauseDocument.Work;
import dev.sluice.engine.run.FailureId;
import dev.sluice.sidecar.pause.Pause;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.ServicePauses;
import dev.sluice.sidecar.serve.http.PauseModel.PauseRequest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `/api/v1/pauses`
final class PauseHandlers {

    private static final Logger log = LoggerFactory.getLogger(PauseHandlers.class);

    private final Service service;
    private final ServicePauses pauses;

    PauseHandlers(Service service) {
        this.service = service;
        this.pauses = service.pauses();
    }

    ApiResponse list(ApiRequest call) {
        return ApiResponse.json(
                200,
                new PauseModel.Pauses(
                        pauses.all().stream().map(PauseModel.Pause::of).toList()));
    }

    ApiResponse start(ApiRequest call) {
        JsonBody body = new JsonBody(call.body(), PauseRequest.class);
        Scope scope = scope(body);
        Set<Work> types = types(body);
        Instant end = end(body);
        Pause added;
        try {
            added = pauses.add(scope, types, end, body.text("reason"));
        } catch (IllegalArgumentException e) {
            throw body.wrong(String.valueOf(e.getMessage()), "write another one");
        }
        log.atInfo().addKeyValue("pause", added.id()).log("pause asked for over HTTP");
        return ApiResponse.json(201, PauseModel.Pause.of(added)).with("Location", "/api/v1/pauses/" + added.id());
    }

    ApiResponse end(ApiRequest call) {
        Pause ended = pauses.end(call.path());
        log.atInfo().addKeyValue("pause", ended.id()).log("end of a pause asked for over HTTP");
        return ApiResponse.json(200, PauseModel.Pause.of(ended));
    }

    private Scope scope(JsonBody body) {
        List<Scope> named = new ArrayList<>();
        List<String> databases = body.texts("databases");
        if (!databases.isEmpty()) {
            named.add(scopeOf(databases, body));
        }
        String policy = body.text("policy");
        if (policy != null) {
            if (service.settings().policies().policies().stream().noneMatch(one -> policy.equals(one.name()))) {
                throw new HttpProblem(
                        FailureId.NOT_FOUND,
                        "no policy has the name '%s'".formatted(policy),
                        "give it one: policies[].name");
            }
            named.add(new Scope.Policy(policy));
        }
        if (body.flag("all")) {
            named.add(new Scope.Everything());
        }
        if (named.size() != 1) {
            throw body.wrong(
                    named.isEmpty() ? "it is not said what to pause" : "it is said twice what to pause",
                    "write one of databases, policy and all");
        }
        return named.getFirst();
    }

    private static Scope scopeOf(List<String> databases, JsonBody body) {
        try {
            return new Scope.Databases(databases);
        } catch (IllegalArgumentException e) {
            throw body.wrong("'databases': " + e.getMessage(), "write fewer");
        }
    }

    private static Set<Work> types(JsonBody body) {
        Set<Work> types = EnumSet.noneOf(Work.class);
        for (String word : body.texts("types")) {
            types.add(work(word, body));
        }
        return types;
    }

    private static Work work(String word, JsonBody body) {
        for (Work work : Work.values()) {
            if (work.text().equals(word)) {
                return work;
            }
        }
        throw body.wrong(
                "'types' has '%s'".formatted(word), "write some of " + String.join(", ", ApiModel.written(Work.class)));
    }

    private Instant end(JsonBody body) {
        String until = body.text("until");
        String lasting = body.text("lasting");
        if ((until == null) == (lasting == null)) {
            throw body.wrong(
                    until == null ? "the pause has no end" : "the pause has two ends",
                    "write one of until and lasting");
        }
        Instant now = Instant.now();
        try {
            return lasting != null
                    ? Pause.endAfter(lasting, now)
                    : Pause.checkedEnd(
                            OffsetDateTime.parse(String.valueOf(until)).toInstant(), now);
        } catch (DateTimeException e) {
            throw body.wrong("'until' is no instant", "write 2026-03-01T12:00:00Z");
        } catch (IllegalArgumentException e) {
            throw body.wrong(String.valueOf(e.getMessage()), "write a nearer instant to come, or lasting: \"2h\"");
        }
    }
}
