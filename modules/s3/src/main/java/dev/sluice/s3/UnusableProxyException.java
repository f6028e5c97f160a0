package dev.sluice.s3;

/// A setting names a proxy that cannot be used. The message names the setting, and repeats nothing that may be a
/// password.
public final class UnusableProxyException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    UnusableProxyException(String message) {
        super(message);
    }
}
