package dev.sluice.simulator.database;

import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A record of a transaction log.
///
/// @param number its place in the log; [LogPosition] turns it into an LSN
/// @param transaction the number of the transaction's first record
/// @param page the changed page, where there is one
/// @param before the page's version before the change
/// @param after the page's version after it
/// @param when local time of the server
/// @param mark of a [Kind#MARK], otherwise null
public record LogRecord(
        long number,
        long transaction,
        Kind kind,
        long page,
        long before,
        long after,
        LocalDateTime when,
        @Nullable Mark mark) {

    /// What a marked transaction leaves in the log, right before its commit.
    ///
    /// @param name        the transaction's, up to 32 characters
    /// @param description up to 128 characters here; may be empty
    public record Mark(String name, String description) {

        /// As BEGIN TRANSACTION has it.
        public static final int LONGEST_NAME = 32;

        static final int LONGEST_DESCRIPTION = 128;

        public Mark {
            name = name.substring(0, Math.min(LONGEST_NAME, name.length()));
            description = description.substring(0, Math.min(LONGEST_DESCRIPTION, description.length()));
        }
    }

    /// A record that is no mark.
    public LogRecord(long number, long transaction, Kind kind, long page, long before, long after, LocalDateTime when) {
        this(number, transaction, kind, page, before, after, when, null);
    }

    /// What happened.
    public enum Kind {
        BEGIN(1),
        CHANGE(2),
        /// A change taken back; its `after` is the `before` of the change.
        COMPENSATION(3),
        COMMIT(4),
        /// The transaction is over, and all its changes have been taken back.
        ROLLBACK(5),
        CHECKPOINT(6),
        /// The name under which the transaction can be found.
        MARK(7);

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
