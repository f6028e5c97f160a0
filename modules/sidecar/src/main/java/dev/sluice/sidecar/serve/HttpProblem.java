package dev.sluice.sidecar.serve;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.util.LinkedHashMap;
import java.util.Map;

/// A request that cannot be answered as asked: a status and a document of RFC 9457.
final class HttpProblem extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final FailureId id;
    private final String hint;

    HttpProblem(FailureId id, String what, String hint) {
        this(id.httpStatus(), id, what, hint);
    }

    /// With a status that says more than the kind of problem does.
    HttpProblem(int status, FailureId id, String what, String hint) {
        this.status = status;
        this.id = id;
        this.hint = hint;
        super(what);
    }

    /// What the engine could not do.
    static HttpProblem of(OperationFailed failure) {
        return new HttpProblem(failure.id(), failure.what(), failure.hint());
    }

    int status() {
        return status;
    }

    FailureId id() {
        return id;
    }

    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("type", "urn:sluice:error:" + id.text());
        json.put("title", id.text().replace('-', ' '));
        json.put("status", status);
        json.put("detail", String.valueOf(getMessage()));
        json.put("hint", hint);
        return json;
    }
}
