package dev.sluice.sidecar.serve;

import dev.sluice.engine.run.OperationFailed;
import java.util.LinkedHashMap;
import java.util.Map;

/// A request that cannot be answered as asked: a status and a document of RFC 9457.
final class HttpProblem extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String id;
    private final String hint;

    HttpProblem(int status, String id, String what, String hint) {
        this.status = status;
        this.id = id;
        this.hint = hint;
        super(what);
    }

    /// What the engine could not do: the fault of what it works with, not of the request.
    static HttpProblem of(OperationFailed failure) {
        return new HttpProblem(503, failure.id(), failure.what(), failure.hint());
    }

    int status() {
        return status;
    }

    String id() {
        return id;
    }

    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("type", "urn:sluice:error:" + id);
        json.put("title", id.replace('-', ' '));
        json.put("status", status);
        json.put("detail", String.valueOf(getMessage()));
        json.put("hint", hint);
        return json;
    }
}
