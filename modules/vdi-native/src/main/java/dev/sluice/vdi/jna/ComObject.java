package dev.sluice.vdi.jna;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/// A COM object: a pointer to a pointer to a table of functions, whose first argument is the object.
final class ComObject {

    private static final int RELEASE = 2;

    private final Pointer object;
    private final int callFlags;

    ComObject(Pointer object, int callFlags) {
        this.object = object;
        this.callFlags = callFlags;
    }

    Pointer pointer() {
        return object;
    }

    /// The function in this slot of the vtable.
    Function slot(int number) {
        Pointer address = object.getPointer(0).getPointer((long) number * Native.POINTER_SIZE);
        return Function.getFunction(address, callFlags);
    }

    void release() {
        slot(RELEASE).invokeInt(new Object[] {object});
    }
}
