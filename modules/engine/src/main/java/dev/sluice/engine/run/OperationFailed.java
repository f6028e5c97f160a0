package dev.sluice.engine.run;

import dev.sluice.s3.S3Failure;
import org.jspecify.annotations.Nullable;

/// A use case that did not come to a good end, told for the person who has to do something about it.
///
/// **Errors:** the one exception that the use cases fail with. Its parts are separate so that programs get them
/// apart.
public final class OperationFailed extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final FailureId id;
    private final String what;
    private final String where;
    private final String hint;

    /// With the remedy of its kind.
    public OperationFailed(FailureId id, String what, String where, @Nullable Throwable cause) {
        this(id, what, where, id.remedy(), cause);
    }

    /// @param id    the kind of failure
    /// @param what  what was attempted, and what the other side answered; SQL Server's messages come first
    /// @param where on what
    /// @param hint  what to try
    public OperationFailed(FailureId id, String what, String where, String hint, @Nullable Throwable cause) {
        this.id = id;
        this.what = what;
        this.where = where;
        this.hint = hint;
        super("%s (%s)".formatted(what, where), cause);
    }

    /// There is nothing to sign requests to the bucket with.
    ///
    /// @param e with the code [S3Failure#NO_CREDENTIALS]
    public static OperationFailed noStoreCredentials(S3Failure e) {
        return new OperationFailed(
                FailureId.NO_STORE_CREDENTIALS, String.valueOf(e.getMessage()), "store.credentials", e);
    }

    /// The same, with something else to try.
    public OperationFailed withHint(String other) {
        OperationFailed changed = new OperationFailed(id, what, where, other, getCause());
        for (Throwable suppressed : getSuppressed()) {
            changed.addSuppressed(suppressed);
        }
        return changed;
    }

    public FailureId id() {
        return id;
    }

    public String what() {
        return what;
    }

    public String where() {
        return where;
    }

    public String hint() {
        return hint;
    }
}
