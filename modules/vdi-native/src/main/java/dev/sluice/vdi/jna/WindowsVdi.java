package dev.sluice.vdi.jna;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// `sqlvdi.dll`, which SQL Server on Windows registers as a COM class.
///
/// This module has not run on Windows. Its vtable calls are tested on Linux, in both calling conventions; COM's own
/// part (activation, security, apartments) follows its documentation only.
public final class WindowsVdi implements NativeVdi {

    private final ComRuntime runtime;
    private final Duration patience;

    WindowsVdi(ComRuntime runtime, Duration patience) {
        this.runtime = runtime;
        this.patience = patience;
    }

    /// Checks that COM creates an object of the class.
    ///
    /// **Errors:** [VdiUnavailableException].
    public static WindowsVdi open() {
        try {
            return checked(new WindowsVdi(new ComRuntime.Ole32(), NativeDeviceSet.PATIENCE));
        } catch (UnsatisfiedLinkError e) {
            throw new VdiUnavailableException(
                    "SQL Server's VDI for Windows needs COM, which this machine does not have: " + e.getMessage());
        }
    }

    private static WindowsVdi checked(WindowsVdi vdi) {
        new ComCalls(vdi.runtime).release();
        return vdi;
    }

    @Override
    public Supplier<ClientVirtualDeviceSet> clientSets(@Nullable String instance) {
        return () -> new NativeDeviceSet(() -> new ComCalls(runtime), instance, patience);
    }

    @Override
    public String description() {
        return "sqlvdi.dll, COM class %s".formatted(Guid.CLIENT_VIRTUAL_DEVICE_SET_CLASS);
    }
}
