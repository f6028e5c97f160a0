package dev.sluice.simulator.database;

import java.util.Locale;

/// The state of a database does not allow what was asked for.
public final class DatabaseException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /// What is wrong, under SQL Server's number for it.
    public enum Reason {
        /// 9002.
        LOG_FULL,
        /// 3035.
        NO_DIFFERENTIAL_BASE,
        /// 4208.
        SIMPLE_HAS_NO_LOG_BACKUPS,
        /// 4214.
        NO_CURRENT_BACKUP,
        /// 4305.
        LOG_TOO_RECENT,
        /// 4326.
        LOG_TOO_EARLY,
        /// 4330.
        OTHER_RECOVERY_PATH,
        /// 3136.
        OTHER_DIFFERENTIAL_BASE,
        /// 3117.
        NOT_ROLLING_FORWARD,
        /// 4338.
        STOP_POINT_TOO_EARLY
    }

    private final Reason reason;
    private final long record;
    private final long wanted;

    DatabaseException(Reason reason, long record, long wanted) {
        super(String.format(Locale.ROOT, "%s (%d, %d)", reason, record, wanted));
        this.reason = reason;
        this.record = record;
        this.wanted = wanted;
    }

    DatabaseException(Reason reason) {
        this(reason, -1, -1);
    }

    public Reason reason() {
        return reason;
    }

    /// The log record at fault, where there is one.
    public long record() {
        return record;
    }

    /// The log record that is needed instead.
    public long wanted() {
        return wanted;
    }
}
