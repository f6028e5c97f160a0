package dev.sluice.vdi.jna;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The Virtual Device Interface of this machine, as the configuration names it and the engine uses it.
///
/// ```java
/// NativeVdi vdi = NativeVdi.open(Provider.AUTO, configuration.library()); // once, at the start of the program
/// log.info(vdi.description());
/// Supplier<ClientVirtualDeviceSet> sets = vdi.clientSets(configuration.instance()); // to the engine
/// ```
///
/// Opening finds the library, loads it, and finds every function in it, so that a broken installation fails here
/// and not in the first backup. There is no close: the library stays loaded until the process ends, because a
/// thread could still be in it. The simulator's `libsqlvdi.so` is opened by its path like any other; an environment
/// variable names the directory in which it meets its server.
///
/// **Threading:** any thread. Use the sets from platform threads: a native call pins a virtual thread's carrier.
public sealed interface NativeVdi permits LinuxVdi, WindowsVdi {

    /// The implementation to use.
    enum Provider {
        /// The one of the operating system.
        AUTO,
        LINUX,
        WINDOWS
    }

    /// Finds the interface and checks that it is usable.
    ///
    /// **Errors:** [VdiUnavailableException] names every place that was tried and its problem: no such file, not a
    /// library, missing functions; or says why JNA or COM cannot be used.
    ///
    /// @param library the Linux library, or the folder that holds it; null for the usual places, see
    ///                [LinuxVdi#open]. Windows registers its library and needs no path
    static NativeVdi open(Provider provider, @Nullable Path library) {
        requireJna();
        boolean windows = switch (provider) {
            case AUTO -> Platform.isWindows();
            case LINUX -> false;
            case WINDOWS -> true;
        };
        return windows ? WindowsVdi.open() : LinuxVdi.open(library);
    }

    /// JNA unpacks a library of its own, which a hardened machine may refuse.
    private static void requireJna() {
        try {
            if (Native.POINTER_SIZE != Long.BYTES) {
                throw new VdiUnavailableException("SQL Server's VDI library needs a 64-bit Java");
            }
        } catch (LinkageError e) {
            Throwable why = e instanceof ExceptionInInitializerError && e.getCause() != null ? e.getCause() : e;
            throw new VdiUnavailableException(
                    ("JNA, through which Sluice calls SQL Server's VDI library, cannot be loaded: %s. If the temporary directory is "
                                    + "mounted noexec, name another (-Djna.tmpdir=DIR); if Java refuses native access, "
                                    + "allow it (--enable-native-access=ALL-UNNAMED)")
                            .formatted(why.getMessage()));
        }
    }

    /// Gives client objects for one instance of SQL Server, each without a set yet; one for each BACKUP or
    /// RESTORE.
    ///
    /// **Errors:** [VdiUnavailableException] an instance is named on Linux, where there is only the default one.
    ///
    /// @param instance the instance for a Create that names none: its name alone, without the machine's; null or
    ///                 empty for the default one
    Supplier<ClientVirtualDeviceSet> clientSets(@Nullable String instance);

    /// A client's object for the default instance, without a set yet.
    default ClientVirtualDeviceSet newClientSet() {
        return clientSets(null).get();
    }

    /// The library that was found, in one line for the user.
    String description();
}
