package dev.sluice.sidecar.doctor;

/// One thing that was looked at.
///
/// @param id       stable name of what was looked at, explained in `docs/doctor.md`
/// @param level    how it is
/// @param evidence what was seen
/// @param fix      exactly what to do; empty when nothing
public record DoctorFinding(String id, Level level, String evidence, String fix) {

    /// How something is.
    public enum Level {
        OK,
        /// Backups work, or may work, but the user should look at this.
        WARN,
        /// No backup will work.
        FAIL
    }

    static DoctorFinding ok(String id, String evidence) {
        return new DoctorFinding(id, Level.OK, evidence, "");
    }

    static DoctorFinding warn(String id, String evidence, String fix) {
        return new DoctorFinding(id, Level.WARN, evidence, fix);
    }

    static DoctorFinding fail(String id, String evidence, String fix) {
        return new DoctorFinding(id, Level.FAIL, evidence, fix);
    }
}
