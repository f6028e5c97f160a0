package dev.sluice.vdi;

/// One device of a set, from SQL Server's side.
///
/// **Source:** `IServerVirtualDevice`.
public interface ServerVirtualDevice {

    String name();

    /// Queues a command. With every result, its completion routine is called exactly once: see [SendStatus].
    ///
    /// **Errors:** [IllegalArgumentException] the buffer of a Read or Write is not one of the set's.
    SendStatus sendCommand(ServerCommand command);

    /// Closes the device; the client's GetCommand returns [Fetched.Closed] after the commands that are still
    /// queued.
    ///
    /// **Errors:** [VdError#CLOSE] already closed; [VdError#ABORT] the set is aborted, nothing was done.
    void closeDevice();
}
