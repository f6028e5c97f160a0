package dev.sluice.sidecar.serve.http;

import dev.sluice.engine.restore.Precondition;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.util.List;

/// A request that cannot be answered as asked: a status and a document of RFC 9457.
final class HttpProblem extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final FailureId id;
    private final String hint;
    private final transient List<Precondition> preconditions;

    HttpProblem(FailureId id, String what, String hint) {
        this(id.httpStatus(), id, what, hint);
    }

    /// With a status that says more than the kind of problem does.
    HttpProblem(int status, FailureId id, String what, String hint) {
        this(status, id, what, hint, List.of());
    }

    private HttpProblem(int status, FailureId id, String what, String hint, List<Precondition> preconditions) {
        this.preconditions = List.copyOf(preconditions);
        this.status = status;
        this.id = id;
        this.hint = hint;
        super(what);
    }

    /// What the engine could not do.
    static HttpProblem of(OperationFailed failure) {
        return new HttpProblem(failure.id(), failure.what(), failure.hint());
    }

    /// What planning refused: a point that cannot be read is part of the request.
    static HttpProblem ofPlanning(OperationFailed failure) {
        return failure.id() == FailureId.USAGE
                ? new HttpProblem(FailureId.BAD_REQUEST, failure.what(), failure.hint())
                : of(failure);
    }

    /// A restore that something is in the way of.
    ///
    /// @param failure       the first thing in the way
    /// @param preconditions all of them, those that hold too
    static HttpProblem refused(OperationFailed failure, List<Precondition> preconditions) {
        return new HttpProblem(409, failure.id(), failure.what(), failure.hint(), preconditions);
    }

    static HttpProblem noSuchJob(String id) {
        return new HttpProblem(
                FailureId.NO_SUCH_JOB,
                "there is no job " + id,
                "jobs are numbered anew when the program starts, and the oldest are forgotten");
    }

    int status() {
        return status;
    }

    FailureId id() {
        return id;
    }

    ApiModel.Problem body() {
        return new ApiModel.Problem(
                "urn:sluice:error:" + id.text(),
                id.text().replace('-', ' '),
                status,
                String.valueOf(getMessage()),
                hint,
                preconditions.isEmpty() ? null : PlanModel.Precondition.of(preconditions));
    }
}
