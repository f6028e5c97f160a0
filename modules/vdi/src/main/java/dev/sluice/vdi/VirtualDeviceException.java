package dev.sluice.vdi;

/// A VDI call that did not return NOERROR.
///
/// The message names the call that failed, the object it was made on, and VDI's answer.
public final class VirtualDeviceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final VdError error;

    /// @param error  VDI's answer
    /// @param call   the call as Microsoft names it, with the object it was made on: `OpenDevice("sluice-1")`
    /// @param reason the reason, in a few words
    public VirtualDeviceException(VdError error, String call, String reason) {
        this.error = error;
        super("%s failed with %s: %s".formatted(call, error, reason));
    }

    /// As above, with the reason that the header gives for the code.
    public VirtualDeviceException(VdError error, String call) {
        this(error, call, error.meaning());
    }

    public VdError error() {
        return error;
    }
}
