package dev.sluice.vdi;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A virtual device set, from SQL Server's side. Only SQL Server, and simulators of it, use this.
///
/// Order of calls: Open, GetConfiguration, BeginConfiguration, RequestBuffers, EndConfiguration, a thread for
/// ExecuteCompletionAgent, OpenDevice once a device, the commands, CloseDevice each, Close, and only when the
/// agent has *returned* may the library be unloaded.
///
/// **Errors:** [VirtualDeviceException]. In the wrong state [VdError#PROTOCOL], after an abort [VdError#ABORT].
///
/// **Source:** `IServerVirtualDeviceSet2`.
public interface ServerVirtualDeviceSet {

    /// Finds the set that a client created. The first call, and once per object.
    ///
    /// **Errors:** [VdError#INVALID] no accessible set has this name.
    void open(@Nullable String instance, String setName);

    /// The configuration that the client asked for.
    VDConfig getConfiguration();

    /// Fixes all settings but those of memory.
    ///
    /// **Errors:** [VdError#INVALID] a size breaks its rule (the reference names no code for this).
    ///
    /// @param features        the client's mask, with the direction and, if granted, [Feature#COMPLETE_ENABLED]
    /// @param blockSize       bytes; a power of two, 512 to 65536
    /// @param alignment       bytes; 0 for `blockSize`, else a power of two from there to 65536
    /// @param maxTransferSize bytes; a multiple of 65536
    /// @param timeout         how long to wait for buffers that the client supplies itself
    void beginConfiguration(Features features, int blockSize, int alignment, int maxTransferSize, Duration timeout);

    /// Announces buffers. Until [#endConfiguration()] VDI adds up the requests, and EndConfiguration reserves one
    /// area for all of them; afterwards VDI reserves each request at once.
    ///
    /// **Errors:** [VdError#MEMORY] there is not that much.
    void requestBuffers(int size, int alignment, int count);

    /// How many more buffers of this shape AllocateBuffer could hand out now.
    int queryAvailableBuffers(int size, int alignment);

    /// Reserves the memory and lets the client's GetConfiguration return.
    ///
    /// **Errors:** [VdError#MEMORY] there is not that much: the set stays configurable, with no buffer space.
    void endConfiguration();

    /// Lends the calling thread to VDI: completion routines run on it. Returns after Close or SignalAbort, when
    /// every outstanding command's routine has run.
    ///
    /// **Errors:** [VdError#PROTOCOL] an agent is running already; [VdError#ABORT] the set was aborted before this
    /// call. In that case too, the routines that had not run yet have run on this thread.
    void executeCompletionAgent();

    /// Opens the next device under the name of its VIRTUAL_DEVICE clause.
    ///
    /// **Errors:** [VdError#OPEN] all devices are open.
    ServerVirtualDevice openDevice(String name);

    /// Tells the names of all devices ahead of their OpenDevice, so that a client finds a device also when it is
    /// quicker than the server. This call is ours: Microsoft's interface has none like it, and the reference does
    /// not say when a client can know the names.
    void announceDevices(List<String> names);

    /// A buffer of `size` bytes in shared memory.
    ///
    /// **Errors:** [VdError#MEMORY] none is free; [VdError#INVALID] size or alignment is not possible.
    MemorySegment allocateBuffer(int size, int alignment);

    /// Gives a buffer back. Optional: Close frees them all.
    ///
    /// **Errors:** [VdError#INVALID] it is not an allocated buffer of this set, or a command that was sent still
    /// uses it.
    void freeBuffer(MemorySegment buffer);

    /// Whether the address is inside one of the set's allocated buffers.
    boolean isSharedBuffer(MemorySegment buffer);

    /// Aborts the set; see [ClientVirtualDeviceSet#signalAbort()]. Idempotent, any thread, also from a completion
    /// routine.
    void signalAbort();

    /// Ends the server's use of the set. This holds also when Close fails: the mapping of the shared memory is
    /// dropped at once, every outstanding command is completed with [CompletionCode#ERROR_OPERATION_ABORTED]
    /// before the agent returns (or here, when there is no agent), and all buffers and devices are invalid. Close
    /// does not wait for the agent; the caller waits for it before it unloads the library.
    ///
    /// **Errors:** [VdError#PROTOCOL] a device was still open: the set was aborted first, and everything was
    /// released all the same.
    void close();
}
