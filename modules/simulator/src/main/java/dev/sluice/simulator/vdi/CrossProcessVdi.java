package dev.sluice.simulator.vdi;

import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.inprocess.VdiBehavior;
import java.nio.file.Path;

/// A place where client processes create virtual device sets with the simulator's `libsqlvdi.so`, and a server
/// finds them: a directory on tmpfs.
///
/// **Threading:** any thread.
public final class CrossProcessVdi {

    /// The environment variable that names the directory, for server and clients alike.
    public static final String DIRECTORY_VARIABLE = "SLUICE_VDI_DIR";

    private static final Path DEFAULT_DIRECTORY = Path.of("/dev/shm/sluice-vdi");

    private final Path directory;
    private final VdiBehavior behavior;
    private final ClientDeath clientDeath;

    /// @param directory on tmpfs, and short: a socket's path has at most 107 bytes
    public CrossProcessVdi(Path directory, VdiBehavior behavior) {
        this(directory, behavior, ClientDeath.SEEN_AT_ONCE);
    }

    /// @param clientDeath when the server notices that a client's process has died
    public CrossProcessVdi(Path directory, VdiBehavior behavior, ClientDeath clientDeath) {
        this.directory = directory;
        this.behavior = behavior;
        this.clientDeath = clientDeath;
    }

    /// The directory that a client in this environment uses.
    public static Path defaultDirectory() {
        String configured = System.getenv(DIRECTORY_VARIABLE);
        return configured == null || configured.isEmpty() ? DEFAULT_DIRECTORY : Path.of(configured);
    }

    /// A server's object, without a set yet. Its Open connects to the client process; everything after that is as
    /// with a set in one process.
    ///
    /// **Errors:** besides those of the interface, [dev.sluice.vdi.VdError#INVALID] from Open when the client
    /// process is there and does not answer.
    public ServerVirtualDeviceSet newServerSet() {
        return new RemoteServerSet(directory, behavior, clientDeath);
    }
}
