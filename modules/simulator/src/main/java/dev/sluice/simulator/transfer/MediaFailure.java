package dev.sluice.simulator.transfer;

import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;

/// Why a statement could not be served by its devices.
public abstract sealed class MediaFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private MediaFailure(String message) {
        super(message);
    }

    /// No client has created the set, or it is no longer there.
    public static final class NotFound extends MediaFailure {
        private static final long serialVersionUID = 1L;
        private final int code;

        NotFound(int code, String why) {
            super(why);
            this.code = code;
        }

        /// The HRESULT of Open.
        public int code() {
            return code;
        }
    }

    /// The set is there, but not as the statement needs it.
    public static final class Unusable extends MediaFailure {
        private static final long serialVersionUID = 1L;

        Unusable(String why) {
            super(why);
        }
    }

    /// The client answered a command with an error, or VDI did so for it.
    public static final class CommandFailed extends MediaFailure {
        private static final long serialVersionUID = 1L;
        private final String device;
        private final CommandCode command;
        private final int code;

        CommandFailed(String device, CommandCode command, int code) {
            super("%s on device %s was completed with %s".formatted(command, device, CompletionCode.describe(code)));
            this.device = device;
            this.command = command;
            this.code = code;
        }

        public String device() {
            return device;
        }

        public CommandCode command() {
            return command;
        }

        /// The Win32 code, 995 after an abort by either side.
        public int code() {
            return code;
        }

        /// Whether either side has aborted the set, or the client is gone.
        public boolean isAbort() {
            return code == CompletionCode.ERROR_OPERATION_ABORTED;
        }
    }

    /// The statement was cancelled.
    public static final class Cancelled extends MediaFailure {
        private static final long serialVersionUID = 1L;

        Cancelled() {
            super("the statement was cancelled");
        }
    }

    /// A [Disturbance] was asked for, and here it is.
    public static final class Disturbed extends MediaFailure {
        private static final long serialVersionUID = 1L;

        Disturbed() {
            super("the server fails on purpose");
        }
    }

    /// Something on the server's side of the devices went wrong: the source or the sink of a stripe.
    public static final class Internal extends MediaFailure {
        private static final long serialVersionUID = 1L;

        Internal(Throwable cause) {
            super(String.valueOf(cause.getMessage()));
            initCause(cause);
        }
    }
}
