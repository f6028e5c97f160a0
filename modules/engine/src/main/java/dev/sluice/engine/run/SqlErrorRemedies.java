package dev.sluice.engine.run;

import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What to do about SQL Server's errors, by number.
///
/// **Source:** the product's list of errors.
public final class SqlErrorRemedies {

    /// A container has 64 MiB unless it is told otherwise.
    private static final String SHARED_MEMORY =
            "/dev/shm is too small, as a rule: all buffers must fit into it, that is backup.stripes times"
                    + " vdi.buffers-per-stripe times vdi.max-transfer-size. Give it 1 GiB (in a container, a tmpfs or --shm-size"
                    + " 1g), or use fewer and smaller buffers; `sluice doctor` looks at it (shm-size).";
    /// There is no certificate with the thumbprint that a backup, or an encrypted database in it, names.
    static final int NO_CERTIFICATE = 33111;

    public static final String CREATE_KEY =
            "Create it in master from its backup, with the private key: CREATE CERTIFICATE"
                    + " ... FROM FILE = '...' WITH PRIVATE KEY (FILE = '...', DECRYPTION BY PASSWORD = '...').";

    private static final Map<Integer, String> BY_NUMBER = Map.ofEntries(
            Map.entry(262, "Make the login a member of sysadmin: virtual devices ask for no less."),
            Map.entry(911, "List the databases with SELECT name FROM sys.databases."),
            Map.entry(945, "The database cannot be opened. Save what its log still holds: --type tail --no-truncate."),
            Map.entry(3009, "The backup is good. Make room in msdb; `sluice recover` completes the entry."),
            Map.entry(3021, "BACKUP does not run inside a transaction."),
            Map.entry(
                    3023,
                    "Another backup or a file operation (shrink, add, remove) has the database: wait for it. Its session"
                            + " is in sys.dm_exec_requests."),
            Map.entry(3024, "master has full backups only: --type full."),
            Map.entry(3031, "Two options exclude each other: leave one out."),
            Map.entry(3032, "This server does not have one of the options: leave it out."),
            Map.entry(3035, "There is no full backup to rest on: take one first, --type full."),
            Map.entry(3036, "The database is in standby: finish its restore first."),
            Map.entry(
                    3043,
                    "A page of the database is damaged, and CHECKSUM has found it. Run DBCC CHECKDB, and restore the page"
                            + " from an older backup. To have at least what can be read, take this one with"
                            + " --continue-after-error: it will contain the damage."),
            Map.entry(3101, "Sessions are in the database: end them, or set it SINGLE_USER WITH ROLLBACK IMMEDIATE."),
            Map.entry(3110, "Make the login a member of sysadmin: virtual devices ask for no less."),
            Map.entry(3147, "tempdb cannot be backed up, and need not be."),
            Map.entry(
                    3201,
                    "SQL Server did not find the virtual device: it must run on this machine, and share /dev/shm and user"
                            + " (or group) with Sluice."),
            Map.entry(3205, "SQL Server takes 64 devices at most: use fewer stripes."),
            Map.entry(3250, "An option's value is out of range: see MAXTRANSFERSIZE and BUFFERCOUNT."),
            Map.entry(
                    3261,
                    SHARED_MEMORY + " If there is room, SQL Server does not like the devices' configuration: use the"
                            + " default MAXTRANSFERSIZE."),
            Map.entry(3265, "Make the login a member of sysadmin: virtual devices ask for no less."),
            Map.entry(
                    4208,
                    "A database in the SIMPLE recovery model has no log backups. Set it to FULL, and take a full backup,"
                            + " if you need them."),
            Map.entry(4214, "The log chain has not begun: take a full backup first, --type full."),
            Map.entry(
                    9002,
                    "The log is full. Take a log backup, --type log; what else keeps it from being truncated is in"
                            + " sys.databases, column log_reuse_wait_desc."),
            Map.entry(18456, "Check server.user and server.password."),
            Map.entry(NO_CERTIFICATE, CREATE_KEY));

    private SqlErrorRemedies() {}

    /// For what the Virtual Device Interface has answered, which says more than SQL Server's message about it.
    static Optional<String> of(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof VirtualDeviceException vdi && vdi.error() == VdError.MEMORY) {
                return Optional.of(SHARED_MEMORY);
            }
        }
        return Optional.empty();
    }

    /// For the first of the errors that one is known for.
    static Optional<String> of(List<ServerMessage> said) {
        return said.stream()
                .filter(ServerMessage::isError)
                .map(ServerMessage::number)
                .filter(BY_NUMBER::containsKey)
                .map(BY_NUMBER::get)
                .findFirst();
    }
}
