package dev.sluice.vdi.reactor;

/// A device set was aborted: by SQL Server, by this side's cancel, or because one of the two went away.
///
/// It says nothing about the backup's outcome. The T-SQL statement does, and reports put its messages first.
public final class DeviceSetAborted extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /// @param device the device that noticed it
    /// @param cause  which side aborted, and why, as far as VDI says
    public DeviceSetAborted(String device, String cause) {
        super("virtual device %s: the set was aborted: %s".formatted(device, cause));
    }
}
