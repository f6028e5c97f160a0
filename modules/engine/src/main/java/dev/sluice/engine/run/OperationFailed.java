package dev.sluice.engine.run;

import dev.sluice.s3.S3Failure;
import org.jspecify.annotations.Nullable;

/// A use case that did not come to a good end, told for the person who has to do something about it.
///
/// **Errors:** the one exception that the use cases fail with. Its parts are separate so that programs get them
/// apart.
public final class OperationFailed extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String id;
    private final String what;
    private final String where;
    private final String hint;

    /// @param id    stable name of the kind of failure, explained in `docs/operations.md`
    /// @param what  what was attempted, and what the other side answered; SQL Server's messages come first
    /// @param where on what
    /// @param hint  what to try
    public OperationFailed(String id, String what, String where, String hint, @Nullable Throwable cause) {
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
                "no-store-credentials",
                String.valueOf(e.getMessage()),
                "store.credentials",
                "Name access-key-id and secret-access-key under store.credentials, or give the process a role, or"
                        + " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
                e);
    }

    /// The same, with something else to try.
    public OperationFailed withHint(String other) {
        OperationFailed changed = new OperationFailed(id, what, where, other, getCause());
        for (Throwable suppressed : getSuppressed()) {
            changed.addSuppressed(suppressed);
        }
        return changed;
    }

    public String id() {
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
