package dev.sluice.mtf;

/// The database's recovery model when the backup was taken.
///
/// **Source:** inferred from the legacy status word in the stream (8 = simple, 4 = bulk-logged, neither =
/// full); it fits every sample, but is documented nowhere. Where it matters, `RESTORE HEADERONLY` or `msdb` has
/// the last word.
public enum RecoveryModel {
    FULL(0),
    BULK_LOGGED(4),
    SIMPLE(8);

    private final int statusBit;

    RecoveryModel(int statusBit) {
        this.statusBit = statusBit;
    }

    int statusBit() {
        return statusBit;
    }

    static RecoveryModel ofStatus(long status) {
        if ((status & SIMPLE.statusBit) != 0) {
            return SIMPLE;
        }
        return (status & BULK_LOGGED.statusBit) != 0 ? BULK_LOGGED : FULL;
    }
}
