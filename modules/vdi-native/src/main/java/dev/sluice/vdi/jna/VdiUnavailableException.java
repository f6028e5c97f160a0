package dev.sluice.vdi.jna;

/// There is no usable Virtual Device Interface on this machine. The message says where it was looked for, what was
/// wrong at each place, and what to try.
public final class VdiUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    VdiUnavailableException(String message) {
        super(message);
    }
}
