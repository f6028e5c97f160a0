package dev.sluice.vdi.jna;

import com.sun.jna.Memory;

/// The calls of one native device, in either binary interface. Each returns what the library returned.
interface DeviceCalls {

    /// @param command receives the command's address
    int getCommand(SetCalls.Timeout timeout, Memory command);

    int completeCommand(long command, int code, int bytes, long position);

    /// The thread that fetched will not call the device again.
    void leaveThread();

    /// Frees the object itself, if the interface wants that.
    void release();
}
