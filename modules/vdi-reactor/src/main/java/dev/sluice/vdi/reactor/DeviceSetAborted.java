package dev.sluice.vdi.reactor;

/// A device set was aborted: by SQL Server, by this side's cancel, or because one of the two went away.
///
/// It says nothing about the backup; the T-SQL statement does, and its messages come first in any report.
public final class DeviceSetAborted extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /// @param device which device noticed
    /// @param cause  who and why, as far as VDI told
    public DeviceSetAborted(String device, String cause) {
        super("virtual device %s: the set was aborted: %s".formatted(device, cause));
    }
}
