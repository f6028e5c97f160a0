package dev.sluice.vdi.jna;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/// An `IClientVirtualDeviceSet2`: member functions by vtable slot, time-outs and byte counts 32 bits wide, strings
/// in UTF-16.
///
/// **Source:** the Windows `vdi.h` (slots in the order of declaration).
final class ComCalls implements SetCalls {

    private static final int GET_CONFIGURATION = 4;
    private static final int OPEN_DEVICE = 5;
    private static final int CLOSE = 6;
    private static final int SIGNAL_ABORT = 7;
    private static final int GET_BUFFER_HANDLE = 9;
    private static final int MAP_BUFFER_HANDLE = 10;
    private static final int CREATE_EX = 11;
    private static final int OPEN_IN_SECONDARY_EX = 12;

    private final ComRuntime runtime;
    private final ComApartment apartment;
    private final ComObject set;

    /// @throws VdiUnavailableException COM has no such class, or refuses to create an object of it
    ComCalls(ComRuntime runtime) {
        this.runtime = runtime;
        this.apartment = new ComApartment(runtime);
        try {
            this.set = activate();
        } catch (VdiUnavailableException e) {
            apartment.close();
            throw e;
        }
    }

    private ComObject activate() {
        Memory object = new Memory(Native.POINTER_SIZE);
        object.clear();
        Memory classId = Guid.CLIENT_VIRTUAL_DEVICE_SET_CLASS.toMemory();
        Memory interfaceId = Guid.CLIENT_VIRTUAL_DEVICE_SET_2.toMemory();
        int result = inApartment(() -> runtime.createInstance(classId, interfaceId, object));
        Pointer pointer = object.getPointer(0);
        if (result < 0 || pointer == null) {
            throw new VdiUnavailableException(
                    "CoCreateInstance of SQL Server's virtual device set %s answered %s. Is SQL Server's sqlvdi.dll "
                                    .formatted(Guid.CLIENT_VIRTUAL_DEVICE_SET_CLASS, HResults.describe(result))
                            + "registered for 64-bit programs (regsvr32), and may this account use it (try an "
                            + "elevated prompt)?");
        }
        return new ComObject(pointer, runtime.callFlags());
    }

    /// Every thread enters the multithreaded apartment before it calls. A thread that is in another apartment
    /// already (RPC_E_CHANGED_MODE) calls all the same, because the objects are in-process and free-threaded.
    private int inApartment(IntSupplier call) {
        int entered = runtime.initialize();
        try {
            return call.getAsInt();
        } finally {
            if (entered >= 0) {
                runtime.uninitialize();
            }
        }
    }

    private int call(int slot, @Nullable Object... arguments) {
        return inApartment(() -> set.slot(slot).invokeInt(arguments));
    }

    private static int dword(Timeout timeout) {
        return (int) timeout.millis(); // -1 is INFINITE
    }

    @Override
    public Memory text(String text) {
        return utf16(text);
    }

    static Memory utf16(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_16LE);
        Memory memory = new Memory(bytes.length + 2L);
        memory.write(0, bytes, 0, bytes.length);
        memory.setShort(bytes.length, (short) 0);
        return memory;
    }

    @Override
    public int create(@Nullable Memory instance, Memory name, Memory config) {
        return call(CREATE_EX, set.pointer(), instance, name, config);
    }

    @Override
    public int getConfiguration(Timeout timeout, Memory config) {
        return call(GET_CONFIGURATION, set.pointer(), dword(timeout), config);
    }

    @Override
    public int openDevice(Memory name, Memory device) {
        return call(OPEN_DEVICE, set.pointer(), name, device);
    }

    @Override
    public DeviceCalls device(Pointer device) {
        return new Device(new ComObject(device, runtime.callFlags()));
    }

    @Override
    public int signalAbort() {
        return call(SIGNAL_ABORT, set.pointer());
    }

    @Override
    public int close() {
        return call(CLOSE, set.pointer());
    }

    @Override
    public int openInSecondary(@Nullable Memory instance, Memory name) {
        return call(OPEN_IN_SECONDARY_EX, set.pointer(), instance, name);
    }

    @Override
    public int getBufferHandle(long buffer, Memory handle) {
        return call(GET_BUFFER_HANDLE, set.pointer(), buffer, handle);
    }

    @Override
    public int mapBufferHandle(int handle, Memory buffer) {
        return call(MAP_BUFFER_HANDLE, set.pointer(), handle, buffer);
    }

    @Override
    public void release() {
        inApartment(() -> {
            set.release();
            return 0;
        });
        apartment.close();
    }

    @Override
    public boolean honoursTimeouts() {
        return true;
    }

    /// An `IClientVirtualDevice`. The thread that fetches enters the apartment once and leaves it with the
    /// device's end; entering and leaving around every command would be two more calls each.
    private final class Device implements DeviceCalls {
        private static final int SLOT_GET_COMMAND = 3;
        private static final int SLOT_COMPLETE_COMMAND = 4;

        private final ComObject device;
        private final Function getCommand;
        private final Function completeCommand;
        private volatile @Nullable Thread resident;

        Device(ComObject device) {
            this.device = device;
            this.getCommand = device.slot(SLOT_GET_COMMAND);
            this.completeCommand = device.slot(SLOT_COMPLETE_COMMAND);
        }

        @Override
        public int getCommand(Timeout timeout, Memory command) {
            if (resident == null && runtime.initialize() >= 0) {
                resident = Thread.currentThread();
            }
            return call(getCommand, device.pointer(), dword(timeout), command);
        }

        @Override
        public int completeCommand(long command, int code, int bytes, long position) {
            return call(completeCommand, device.pointer(), command, code, bytes, position);
        }

        private int call(Function function, Object... arguments) {
            return Thread.currentThread().equals(resident)
                    ? function.invokeInt(arguments)
                    : inApartment(() -> function.invokeInt(arguments));
        }

        @Override
        public void leaveThread() {
            if (Thread.currentThread().equals(resident)) {
                resident = null;
                runtime.uninitialize();
            }
        }

        @Override
        public void release() {
            inApartment(() -> {
                device.release();
                return 0;
            });
        }
    }
}
