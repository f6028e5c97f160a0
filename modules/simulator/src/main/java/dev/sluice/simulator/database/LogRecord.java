package dev.sluice.simulator.database;

import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Optional;

/// A record of a transaction log.
///
/// @param number its place in the log; [LogPosition] turns it into an LSN
/// @param transaction the number of the transaction's first record
/// @param page the changed page, where there is one
/// @param before the page's version before the change
/// @param after the page's version after it
/// @param when local time of the server
public record LogRecord(
        long number, long transaction, Kind kind, long page, long before, long after, LocalDateTime when) {

    /// What happened.
    public enum Kind {
        BEGIN(1),
        CHANGE(2),
        /// A change taken back; its `after` is the `before` of the change.
        COMPENSATION(3),
        COMMIT(4),
        /// The transaction is over, and all its changes have been taken back.
        ROLLBACK(5),
        CHECKPOINT(6);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        /// The number that stands for it in the log.
        int code() {
            return code;
        }

        static Optional<Kind> ofCode(int code) {
            return Arrays.stream(values()).filter(kind -> kind.code == code).findFirst();
        }

        boolean changesPage() {
            return this == CHANGE || this == COMPENSATION;
        }
    }
}
