package dev.sluice.vdi.jna;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The Virtual Device Interface of this machine: what stands between a configuration file and the engine.
///
/// ```java
/// NativeVdi vdi = NativeVdi.open(Provider.AUTO, configuration.library()); // once, at the start of the program
/// log.info(vdi.description());
/// Supplier<ClientVirtualDeviceSet> sets = vdi.clientSets(configuration.instance()); // to the engine
/// ```
///
/// Opening finds the library, loads it, and finds every function in it, so that what is wrong with an installation
/// shows here and not in the first backup. Nothing is to be closed: the library stays for the process's life, as a
/// thread could still be in it. The simulator's `libsqlvdi.so` is opened by its path like any other; which
/// directory it meets its server in is the environment's to say.
///
/// **Threading:** any thread. The sets are to be used from platform threads: a native call holds on to its
/// carrier.
public sealed interface NativeVdi permits LinuxVdi, WindowsVdi {

    /// Which one to use.
    enum Provider {
        /// That of the system we run on.
        AUTO,
        LINUX,
        WINDOWS
    }

    /// Finds the interface and checks that it is usable.
    ///
    /// **Errors:** [VdiUnavailableException] names every place that was tried with what was wrong there: no such
    /// file, no library, which functions it lacks; or why JNA or COM cannot be used.
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

    /// JNA unpacks a library of its own, which is where a hardened machine first says no.
    private static void requireJna() {
        try {
            if (Native.POINTER_SIZE != Long.BYTES) {
                throw new VdiUnavailableException("SQL Server's VDI library wants a 64-bit Java");
            }
        } catch (LinkageError e) {
            Throwable why = e instanceof ExceptionInInitializerError && e.getCause() != null ? e.getCause() : e;
            throw new VdiUnavailableException(
                    ("JNA, by which SQL Server's VDI library is called, cannot be loaded: %s. If the temporary directory is "
                                    + "mounted noexec, name another (-Djna.tmpdir=DIR); if Java refuses native access, "
                                    + "allow it (--enable-native-access=ALL-UNNAMED)")
                            .formatted(why.getMessage()));
        }
    }

    /// Gives client objects for one instance of SQL Server, each without a set yet; one for each BACKUP or RESTORE.
    ///
    /// **Errors:** [VdiUnavailableException] an instance is named on Linux, where there is only the default one.
    ///
    /// @param instance the instance that a Create without one means; null or empty for the default one. The
    ///                 instance's name alone, without the machine's
    Supplier<ClientVirtualDeviceSet> clientSets(@Nullable String instance);

    /// A client's object for the default instance, without a set yet.
    default ClientVirtualDeviceSet newClientSet() {
        return clientSets(null).get();
    }

    /// What was found, in one line for a person.
    String description();
}
