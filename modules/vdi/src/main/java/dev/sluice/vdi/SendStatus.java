package dev.sluice.vdi;

/// The result of SendCommand, with the completion code that goes with it. With every result, the command's
/// completion routine is called exactly once: after [#QUEUED] later by the completion agent, otherwise at once on
/// the sending thread.
///
/// **Source:** the SendCommand page, whose second table has its heads swapped; VD_E_QUEUE_FULL and VD_E_IO_ERROR
/// have no number in any header, hence an enum.
public enum SendStatus {
    QUEUED(CompletionCode.ERROR_SUCCESS),
    QUEUE_FULL(CompletionCode.ERROR_NO_SYSTEM_RESOURCES),
    IO_ERROR(CompletionCode.ERROR_IO_DEVICE),
    PROTOCOL(CompletionCode.ERROR_INVALID_HANDLE),
    ABORT(CompletionCode.ERROR_OPERATION_ABORTED);

    private final int completionCode;

    SendStatus(int completionCode) {
        this.completionCode = completionCode;
    }

    /// The code that the completion routine sees when the command was refused.
    public int completionCode() {
        return completionCode;
    }
}
