package dev.sluice.vdi.jna;

import com.sun.jna.Platform;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The Virtual Device Interface of this machine.
///
/// **Threading:** any thread. The sets are to be used from platform threads: a native call holds on to its
/// carrier.
public sealed interface NativeVdi permits LinuxVdi, WindowsVdi {

    /// Which one to use.
    enum Choice {
        /// That of the system we run on.
        AUTO,
        LINUX,
        WINDOWS
    }

    /// Finds the interface and checks that it is usable.
    ///
    /// **Errors:** [VdiUnavailableException], with everything that was tried.
    ///
    /// @param library the Linux library's path, when it is not in one of the usual places
    static NativeVdi open(Choice choice, @Nullable Path library) {
        boolean windows = switch (choice) {
            case AUTO -> Platform.isWindows();
            case LINUX -> false;
            case WINDOWS -> true;
        };
        return windows ? WindowsVdi.open() : LinuxVdi.open(library);
    }

    /// A client's object, without a set yet.
    ClientVirtualDeviceSet newClientSet();

    /// What was found, in one line for a person.
    String description();
}
