package dev.sluice.vdi;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A virtual device set, from the backup application's side. One set serves one BACKUP or RESTORE statement.
///
/// Order of calls: Create, send the T-SQL statement, GetConfiguration, OpenDevice once a device, the commands,
/// Close.
///
/// **Ownership:** the creator closes the set, on every path, and only after its last use of a buffer. A use after
/// Close throws in process, and is an access violation with a native library.
///
/// **Threading:** any thread; [#signalAbort()] also while others are blocked in the set or its devices.
///
/// **Errors:** [VirtualDeviceException] with the code that Microsoft's page gives for the case. A call that is not
/// allowed in the present state fails with [VdError#PROTOCOL] and changes nothing.
///
/// **Source:** `IClientVirtualDeviceSet2` (Windows), `ClientVirtualDeviceSet` (Linux).
public interface ClientVirtualDeviceSet {

    /// Creates the set under a name that must be unique on the machine.
    ///
    /// **Errors:** [VdError#PROTOCOL] this object already has a set; [VdError#NOTSUPPORTED] a field of the
    /// configuration is invalid; [VdError#INVALID] the name is empty, too long, has a backslash, or is taken (the
    /// reference names no code for these).
    ///
    /// @param instance SQL Server's instance, null for the default one; Linux has no others
    /// @param name     the set's and first device's name, as in the statement's first VIRTUAL_DEVICE clause
    void create(@Nullable String instance, String name, VDConfig config);

    /// Waits until the server has configured the set, and returns the configuration. Later calls return the same
    /// at once.
    ///
    /// **Errors:** [VdError#TIMEOUT] not yet: ask again; [VdError#ABORT].
    VDConfig getConfiguration(Duration timeout);

    /// Opens the device of this name. The first has the set's name, the others those of the further VIRTUAL_DEVICE
    /// clauses.
    ///
    /// **Errors:** [VdError#INVALID] no device of the set has this name (or the server has not said so yet);
    /// [VdError#OPEN] all devices are open; [VdError#PROTOCOL] this device is open, or the set is not configured;
    /// [VdError#ABORT].
    ClientVirtualDevice openDevice(String name);

    /// Aborts the set: VDI delivers no further command, completes every outstanding one with
    /// [CompletionCode#ERROR_OPERATION_ABORTED], and lets every blocked call return. Buffers stay readable until
    /// [#close()].
    ///
    /// Idempotent. It is the only call that wakes a thread which is blocked in GetCommand.
    void signalAbort();

    /// Releases everything. Legal once every device returned [Fetched.Closed], or after an abort.
    ///
    /// **Errors:** [VdError#OPEN] a device was still open: the set was aborted first, and everything was released
    /// all the same; [VdError#PROTOCOL] there is no set.
    void close();

    /// Attaches this object to a set that another object, in this or another process, created and configured.
    ///
    /// **Errors:** [VdError#PROTOCOL] this object has a set, or there is none of that name, or it is not yet
    /// configured; [VdError#ABORT].
    void openInSecondary(@Nullable String instance, String name);

    /// A number for a buffer that another process attached to the same set can turn into an address of its own.
    ///
    /// **Errors:** [VdError#INVALID] not a buffer of this set; [VdError#PROTOCOL] there is no set.
    int getBufferHandle(MemorySegment buffer);

    /// The buffer that belongs to a handle of [#getBufferHandle].
    ///
    /// **Errors:** [VdError#INVALID] not a handle of this set; [VdError#PROTOCOL] there is no set.
    MemorySegment mapBufferHandle(int handle);
}
