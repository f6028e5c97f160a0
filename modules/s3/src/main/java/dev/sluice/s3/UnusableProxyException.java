package dev.sluice.s3;

/// There is a proxy on the way to the server, and it cannot be used as it is named. The message says who names
/// it, and repeats nothing of what may be a password.
public final class UnusableProxyException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    UnusableProxyException(String message) {
        super(message);
    }
}
