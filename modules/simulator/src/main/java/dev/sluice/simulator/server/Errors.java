package dev.sluice.simulator.server;

import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.vdi.CompletionCode;
import java.util.Locale;

/// SQL Server's messages, under their numbers.
///
/// **Source:** `sys.messages` as documented in the list of database engine errors.
final class Errors {

    private Errors() {}

    static SqlFailure noDatabase(String name) {
        return SqlFailure.error(
                911, "Database '%s' does not exist. Make sure that the name is entered correctly.".formatted(name));
    }

    /// 103: no name of a database or file has more than 128 characters.
    static void requireSysname(String name) {
        if (name.length() > DatabaseFile.SYSNAME) {
            throw SqlFailure.syntax(
                    103,
                    String.format(
                            Locale.ROOT,
                            "The identifier that starts with '%s' is too long. Maximum length is %d.",
                            name.substring(0, DatabaseFile.SYSNAME),
                            DatabaseFile.SYSNAME),
                    1);
        }
    }

    static SqlFailure inMiddleOfRestore(String name) {
        return new SqlFailure(SqlMessage.of(
                927, 14, "Database '%s' cannot be opened. It is in the middle of a restore.".formatted(name)));
    }

    static SqlFailure notSysadmin() {
        return SqlFailure.error(
                3265,
                "The login has insufficient authority. Membership of the sysadmin role is required to use VIRTUAL_DEVICE with BACKUP or RESTORE.");
    }

    static SqlFailure notSerialized() {
        return new SqlFailure(new SqlMessage(
                3023,
                16,
                2,
                "Backup, file manipulation operations (such as ALTER DATABASE ADD FILE) and encryption changes on a database must be serialized. Reissue the statement after the current backup or file manipulation operation is completed.",
                "",
                1));
    }

    static SqlFailure outOfRange(long value, String option) {
        return SqlFailure.error(
                3250,
                String.format(Locale.ROOT, "The value '%d' is not within range for the %s parameter.", value, option));
    }

    static SqlMessage terminating(String operation) {
        return SqlMessage.error(3013, "%s is terminating abnormally.".formatted(operation));
    }

    static SqlMessage aborted() {
        return SqlMessage.error(3204, "The backup or restore was aborted.");
    }

    static SqlMessage cannotOpen(String device, String systemError) {
        return SqlMessage.error(
                3201, "Cannot open backup device '%s'. Operating system error %s.".formatted(device, systemError));
    }

    static SqlMessage unusableConfiguration(String device, String why) {
        return SqlMessage.error(
                3261, "SQL Server cannot use the virtual device configuration of '%s': %s.".formatted(device, why));
    }

    static SqlMessage writeFailed(String device, int code) {
        return SqlMessage.error(3202, "Write on \"%s\" failed: %s".formatted(device, systemError(code)));
    }

    static SqlMessage readFailed(String device, int code) {
        return SqlMessage.error(3203, "Read on \"%s\" failed: %s".formatted(device, systemError(code)));
    }

    static SqlMessage flushFailed(String device, int code) {
        return SqlMessage.error(
                18210,
                "BackupVirtualDeviceFile::RequestDurableMedia: Flush failure on backup device '%s'. Operating system error %s."
                        .formatted(device, systemError(code)));
    }

    static SqlMessage nonrecoverable(String device, int code) {
        return SqlMessage.error(
                3271, "A nonrecoverable I/O error occurred on file \"%s:\" %s.".formatted(device, systemError(code)));
    }

    /// Something that no SQL Server would say; the number is the first of those left to applications.
    static SqlMessage ofTheStandIn(String text) {
        return SqlMessage.error(50_000, "The stand-in for SQL Server: " + text);
    }

    /// The number as Windows names it. SQL Server on Linux prints `error not found` for texts it lacks, and so
    /// does this.
    static String systemError(int code) {
        String text = switch (code) {
            case 2 -> "The system cannot find the file specified.";
            case CompletionCode.ERROR_INVALID_HANDLE -> "The handle is invalid.";
            case CompletionCode.ERROR_WRITE_FAULT -> "The system cannot write to the specified device.";
            case CompletionCode.ERROR_READ_FAULT -> "The system cannot read from the specified device.";
            case CompletionCode.ERROR_HANDLE_EOF -> "Reached the end of the file.";
            case CompletionCode.ERROR_NOT_SUPPORTED -> "The request is not supported.";
            case CompletionCode.ERROR_DISK_FULL -> "There is not enough space on the disk.";
            case CompletionCode.ERROR_OPERATION_ABORTED ->
                "The I/O operation has been aborted because of either a thread exit or an application request.";
            case CompletionCode.ERROR_END_OF_MEDIA -> "The physical end of the tape has been reached.";
            case CompletionCode.ERROR_IO_DEVICE -> "The request could not be performed because of an I/O device error.";
            case CompletionCode.ERROR_NO_SYSTEM_RESOURCES ->
                "Insufficient system resources exist to complete the requested service.";
            default -> "error not found";
        };
        return String.format(Locale.ROOT, "%d(%s)", code, text);
    }
}
