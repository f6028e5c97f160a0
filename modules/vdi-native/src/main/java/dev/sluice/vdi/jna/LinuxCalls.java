package dev.sluice.vdi.jna;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.sluice.vdi.VdError;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A `ClientVirtualDeviceSet` of the Linux library: member functions by symbol, the object as first argument,
/// time-outs and byte counts 64 bits wide.
final class LinuxCalls implements SetCalls {

    /// The published class has 8 bytes. A newer library's may have more, and its constructor would write beyond 8
    /// bytes.
    private static final int OBJECT_BYTES = 64;

    private final LinuxSymbols symbols;
    private final Memory object = new Memory(OBJECT_BYTES);

    LinuxCalls(LinuxSymbols symbols) {
        this.symbols = symbols;
        object.clear();
        symbols.function(LinuxSymbols.Member.SET_CONSTRUCTOR).invokeVoid(new Object[] {object});
    }

    private int call(LinuxSymbols.Member member, Object... arguments) {
        return symbols.function(member).invokeInt(arguments);
    }

    /// The library takes `char*` and states no encoding; names are ASCII.
    @Override
    public Memory text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Memory memory = new Memory(bytes.length + 1L);
        memory.write(0, bytes, 0, bytes.length);
        memory.setByte(bytes.length, (byte) 0);
        return memory;
    }

    @Override
    public int create(@Nullable Memory instance, Memory name, Memory config) {
        return instance != null ? VdError.INSTANCE_NAME.code() : call(LinuxSymbols.Member.CREATE, object, name, config);
    }

    @Override
    public int getConfiguration(Timeout timeout, Memory config) {
        return call(LinuxSymbols.Member.GET_CONFIGURATION, object, timeout.millis(), config);
    }

    @Override
    public int openDevice(Memory name, Memory device) {
        return call(LinuxSymbols.Member.OPEN_DEVICE, object, name, device);
    }

    @Override
    public DeviceCalls device(Pointer device) {
        return new Device(symbols, device);
    }

    @Override
    public int signalAbort() {
        return call(LinuxSymbols.Member.SIGNAL_ABORT, object);
    }

    @Override
    public int close() {
        return call(LinuxSymbols.Member.CLOSE, object);
    }

    @Override
    public int openInSecondary(@Nullable Memory instance, Memory name) {
        return instance != null
                ? VdError.INSTANCE_NAME.code()
                : call(LinuxSymbols.Member.OPEN_IN_SECONDARY, object, name);
    }

    @Override
    public int getBufferHandle(long buffer, Memory handle) {
        return call(LinuxSymbols.Member.GET_BUFFER_HANDLE, object, buffer, handle);
    }

    @Override
    public int mapBufferHandle(int handle, Memory buffer) {
        return call(LinuxSymbols.Member.MAP_BUFFER_HANDLE, object, handle, buffer);
    }

    @Override
    public void release() {
        symbols.function(LinuxSymbols.Member.SET_DESTRUCTOR).invokeVoid(new Object[] {object});
        object.close();
    }

    /// Milliseconds by the documentation, seconds by Microsoft's own sample.
    @Override
    public boolean honoursTimeouts() {
        return false;
    }

    /// The set owns the device: this class neither destroys nor frees it.
    private static final class Device implements DeviceCalls {
        private final Function getCommand;
        private final Function completeCommand;
        private final Pointer device;

        Device(LinuxSymbols symbols, Pointer device) {
            this.getCommand = symbols.function(LinuxSymbols.Member.GET_COMMAND);
            this.completeCommand = symbols.function(LinuxSymbols.Member.COMPLETE_COMMAND);
            this.device = device;
        }

        @Override
        public int getCommand(Timeout timeout, Memory command) {
            return getCommand.invokeInt(new Object[] {device, timeout.millis(), command});
        }

        @Override
        public int completeCommand(long command, int code, int bytes, long position) {
            return completeCommand.invokeInt(
                    new Object[] {device, command, code, Integer.toUnsignedLong(bytes), position});
        }

        @Override
        public void leaveThread() {}

        @Override
        public void release() {}
    }
}
