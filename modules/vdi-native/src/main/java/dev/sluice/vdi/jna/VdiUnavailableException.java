package dev.sluice.vdi.jna;

/// There is no usable Virtual Device Interface on this machine. The message names each place that was tried, its
/// problem, and the remedy.
public final class VdiUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    VdiUnavailableException(String message) {
        super(message);
    }
}
