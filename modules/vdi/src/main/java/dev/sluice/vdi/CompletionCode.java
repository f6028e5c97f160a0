package dev.sluice.vdi;

/// The Win32 numbers that complete a command. SQL Server uses the same numbers on Linux, and prints the one it gets
/// as "operating system error" in its messages: choose a code that helps the administrator.
///
/// **Source:** `winerror.h`; the uses are those of the VDI specification (Command Outputs, VDC_Read, VDC_Write).
public final class CompletionCode {

    /// The command was carried out.
    public static final int ERROR_SUCCESS = 0;
    /// Given by VDI itself: the device is not active.
    public static final int ERROR_INVALID_HANDLE = 6;
    /// A write failed for a reason of the client's.
    public static final int ERROR_WRITE_FAULT = 29;
    /// A read failed for a reason of the client's.
    public static final int ERROR_READ_FAULT = 30;
    /// Read: no more data. Comes with the bytes that were left, or with none.
    public static final int ERROR_HANDLE_EOF = 38;
    /// The client does not know the command.
    public static final int ERROR_NOT_SUPPORTED = 50;
    /// Write, Flush or Complete: the data cannot be stored. SQL Server ends the backup.
    public static final int ERROR_DISK_FULL = 112;
    /// Given by VDI itself to every command that an abort left unanswered.
    public static final int ERROR_OPERATION_ABORTED = 995;
    /// Write on removable media: the warning zone was reached.
    public static final int ERROR_END_OF_MEDIA = 1100;
    /// Read: a filemark.
    public static final int ERROR_FILEMARK_DETECTED = 1101;
    /// Read: treated like [#ERROR_HANDLE_EOF].
    public static final int ERROR_NO_DATA_DETECTED = 1104;
    /// Given by VDI itself: the device is in its error state.
    public static final int ERROR_IO_DEVICE = 1117;
    /// Write: no space; treated like [#ERROR_DISK_FULL].
    public static final int ERROR_EOM_OVERFLOW = 1129;
    /// Given by VDI itself: the device's queue is full.
    public static final int ERROR_NO_SYSTEM_RESOURCES = 1450;

    private CompletionCode() {}

    /// The code as a person reads it: `112 (ERROR_DISK_FULL)`, or the bare number when it has no name here.
    public static String describe(int code) {
        String name = switch (code) {
            case ERROR_SUCCESS -> "ERROR_SUCCESS";
            case ERROR_INVALID_HANDLE -> "ERROR_INVALID_HANDLE";
            case ERROR_WRITE_FAULT -> "ERROR_WRITE_FAULT";
            case ERROR_READ_FAULT -> "ERROR_READ_FAULT";
            case ERROR_HANDLE_EOF -> "ERROR_HANDLE_EOF";
            case ERROR_NOT_SUPPORTED -> "ERROR_NOT_SUPPORTED";
            case ERROR_DISK_FULL -> "ERROR_DISK_FULL";
            case ERROR_OPERATION_ABORTED -> "ERROR_OPERATION_ABORTED";
            case ERROR_END_OF_MEDIA -> "ERROR_END_OF_MEDIA";
            case ERROR_FILEMARK_DETECTED -> "ERROR_FILEMARK_DETECTED";
            case ERROR_NO_DATA_DETECTED -> "ERROR_NO_DATA_DETECTED";
            case ERROR_IO_DEVICE -> "ERROR_IO_DEVICE";
            case ERROR_EOM_OVERFLOW -> "ERROR_EOM_OVERFLOW";
            case ERROR_NO_SYSTEM_RESOURCES -> "ERROR_NO_SYSTEM_RESOURCES";
            default -> "";
        };
        return name.isEmpty() ? Integer.toString(code) : code + " (" + name + ")";
    }
}
