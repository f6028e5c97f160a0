package dev.sluice.vdi.inprocess;

/// The answers of this implementation to questions that Microsoft's documents leave open or answer in two ways, so
/// that a client can be tried against each.
///
/// @param agentEndsAtLastCloseDevice        ExecuteCompletionAgent returns when the last device was closed, not
///                                          only at Close or SignalAbort
/// @param everyErrorCodeEntersIoError       a Read that ends with ERROR_HANDLE_EOF, ERROR_NO_DATA_DETECTED or
///                                          ERROR_FILEMARK_DETECTED, or a Write with ERROR_END_OF_MEDIA, puts its
///                                          device into the error state like any other error
/// @param abortOverridesRecordedCompletions an abort also changes the outcome of commands whose completion the
///                                          client was told is noted, but whose routine has not run yet
/// @param queueDepth                        commands that a device holds before SendCommand answers that the queue
///                                          is full
/// @param reusableAfterClose                a client object may Create again after its Close
public record VdiBehavior(
        boolean agentEndsAtLastCloseDevice,
        boolean everyErrorCodeEntersIoError,
        boolean abortOverridesRecordedCompletions,
        int queueDepth,
        boolean reusableAfterClose) {

    /// What the reference recommends for a stand-in.
    public static final VdiBehavior DEFAULT = new VdiBehavior(false, false, false, 64, true);

    public VdiBehavior {
        if (queueDepth < 1) {
            throw new IllegalArgumentException("queueDepth must be at least 1, got " + queueDepth);
        }
    }

    public VdiBehavior withAgentEndingAtLastCloseDevice() {
        return new VdiBehavior(
                true, everyErrorCodeEntersIoError, abortOverridesRecordedCompletions, queueDepth, reusableAfterClose);
    }

    public VdiBehavior withEveryErrorCodeEnteringIoError() {
        return new VdiBehavior(
                agentEndsAtLastCloseDevice, true, abortOverridesRecordedCompletions, queueDepth, reusableAfterClose);
    }

    public VdiBehavior withAbortOverridingRecordedCompletions() {
        return new VdiBehavior(
                agentEndsAtLastCloseDevice, everyErrorCodeEntersIoError, true, queueDepth, reusableAfterClose);
    }

    public VdiBehavior withQueueDepth(int depth) {
        return new VdiBehavior(
                agentEndsAtLastCloseDevice,
                everyErrorCodeEntersIoError,
                abortOverridesRecordedCompletions,
                depth,
                reusableAfterClose);
    }

    public VdiBehavior withoutReuseAfterClose() {
        return new VdiBehavior(
                agentEndsAtLastCloseDevice,
                everyErrorCodeEntersIoError,
                abortOverridesRecordedCompletions,
                queueDepth,
                false);
    }
}
