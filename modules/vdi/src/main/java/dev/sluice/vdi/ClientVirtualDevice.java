package dev.sluice.vdi;

import java.time.Duration;

/// One device (stripe) of a set, from the backup application's side.
///
/// **Threading:** meant for one thread, which fetches and completes. Only the set's SignalAbort may come from
/// elsewhere.
///
/// **Source:** `IClientVirtualDevice` (Windows), `ClientVirtualDevice` (Linux).
public interface ClientVirtualDevice {

    /// The device's name, as in its VIRTUAL_DEVICE clause.
    String name();

    /// Waits for the next command.
    ///
    /// The unit of the native timeout is disputed on Linux, so nothing may depend on it: wait with
    /// [Timeouts#INFINITE] and let SignalAbort end the wait. An interrupt does not end it; it is kept.
    ///
    /// **Errors:** [VdError#PROTOCOL] the device is not open any more: it returned [Fetched.Closed], or the set
    /// was closed.
    Fetched getCommand(Duration timeout);

    /// Hands a command's outcome to the server and ends the loan of its buffer.
    ///
    /// Returning normally means noted, not accepted: an abort that comes at the same moment may still turn the
    /// outcome into [CompletionCode#ERROR_OPERATION_ABORTED].
    ///
    /// **Errors:** [VdError#INVALID] the command is not outstanding (a second completion, for instance), or
    /// `bytes` exceeds the buffer; [VdError#ABORT]; [VdError#PROTOCOL] the device is not open.
    ///
    /// @param code     a Win32 status, see [CompletionCode]
    /// @param bytes    bytes moved; 0 for commands that move none
    /// @param position the resulting position for Get- and SetPosition, else 0
    void completeCommand(Command command, int code, int bytes, long position);
}
