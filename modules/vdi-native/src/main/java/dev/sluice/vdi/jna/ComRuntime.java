package dev.sluice.vdi.jna;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/// The three functions of COM that exist on Windows only. Everything else about COM is memory and vtables, and
/// works anywhere.
interface ComRuntime {

    /// CoInitializeEx for the multithreaded apartment.
    ///
    /// @return an HRESULT; negative when the thread did not enter the apartment and must not leave it
    int initialize();

    /// CoUninitialize.
    void uninitialize();

    /// CoCreateInstance.
    ///
    /// @param object receives the interface's pointer
    int createInstance(Memory classId, Memory interfaceId, Memory object);

    /// How vtable slots are called: a JNA calling convention.
    int callFlags();

    /// The functions of Windows' `ole32.dll`.
    final class Ole32 implements ComRuntime {
        private static final int COINIT_MULTITHREADED = 0;
        private static final int CLSCTX_INPROC_SERVER = 1;

        private final Function coInitializeEx;
        private final Function coUninitialize;
        private final Function coCreateInstance;

        /// @throws UnsatisfiedLinkError this is not Windows
        Ole32() {
            NativeLibrary ole32 = NativeLibrary.getInstance("ole32");
            coInitializeEx = ole32.getFunction("CoInitializeEx");
            coUninitialize = ole32.getFunction("CoUninitialize");
            coCreateInstance = ole32.getFunction("CoCreateInstance");
        }

        @Override
        public int initialize() {
            return coInitializeEx.invokeInt(new Object[] {Pointer.NULL, COINIT_MULTITHREADED});
        }

        @Override
        public void uninitialize() {
            coUninitialize.invokeVoid(new Object[0]);
        }

        @Override
        public int createInstance(Memory classId, Memory interfaceId, Memory object) {
            return coCreateInstance.invokeInt(
                    new Object[] {classId, Pointer.NULL, CLSCTX_INPROC_SERVER, interfaceId, object});
        }

        /// On 64-bit Windows there is one convention only.
        @Override
        public int callFlags() {
            return Function.C_CONVENTION;
        }
    }
}
