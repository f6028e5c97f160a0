package dev.sluice.vdi;

import java.util.Locale;
import java.util.Optional;

/// The failures of VDI calls, as the published headers number them.
///
/// VD_E_QUEUE_FULL and VD_E_IO_ERROR are missing on purpose: only the text of one reference page mentions them, no
/// header gives them a number. They are [SendStatus] values here.
///
/// **Source:** `vdierror.h` (Linux) and the Windows `vdi.h`; identical in both.
public enum VdError {
    NOTOPEN(0x80770002, "the object was not open"),
    TIMEOUT(0x80770003, "the wait timed out"),
    ABORT(0x80770004, "the set is being aborted; only termination is allowed"),
    SECURITY(0x80770005, "the security environment could not be created"),
    INVALID(0x80770006, "a parameter is invalid"),
    INSTANCE_NAME(0x80770007, "the instance name was not recognised"),
    NOTSUPPORTED(0x80770009, "the configuration is not supported"),
    MEMORY(0x8077000A, "out of memory"),
    UNEXPECTED(0x8077000B, "internal error"),
    PROTOCOL(0x8077000C, "the call is not allowed in this state"),
    OPEN(0x8077000D, "all devices are open, or a device is still open"),
    CLOSE(0x8077000E, "the object is closed"),
    BUSY(0x8077000F, "the resource is busy");

    private final int code;
    private final String meaning;

    VdError(int code, String meaning) {
        this.code = code;
        this.meaning = meaning;
    }

    /// The HRESULT, negative as a Java `int`.
    public int code() {
        return code;
    }

    /// The meaning of the code, in the header's words.
    public String meaning() {
        return meaning;
    }

    /// The name as the headers spell it, for example `VD_E_ABORT`.
    public String symbol() {
        return "VD_E_" + name();
    }

    /// The error with this HRESULT, if it is one of VDI's.
    public static Optional<VdError> ofCode(int code) {
        for (VdError error : values()) {
            if (error.code == code) {
                return Optional.of(error);
            }
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s (0x%08X)", symbol(), code);
    }
}
