package dev.sluice.engine.sql;

import java.util.List;
import java.util.stream.Collectors;

/// What SQL Server believes about a BACKUP or RESTORE when the statement is over.
///
/// **Source:** message 3014 marks success, also beside the warning 3009; error 3013 is always the last of a
/// failure. Everything else (a lost connection, a restart, a failover) proves nothing in either direction.
public sealed interface Verdict {

    /// SQL Server calls it good. For a log backup that means: it may have discarded these log records.
    ///
    /// @param messages everything that was said, in order
    record Good(List<ServerMessage> messages) implements Verdict {
        public Good {
            messages = List.copyOf(messages);
        }

        /// Whether msdb has no row although the backup is good.
        public boolean historyMissing() {
            return messages.stream().anyMatch(message -> message.number() == ServerMessage.HISTORY_NOT_WRITTEN);
        }
    }

    /// SQL Server calls it failed.
    record Bad(List<ServerMessage> messages) implements Verdict {
        public Bad {
            messages = List.copyOf(messages);
        }
    }

    /// Not known: the statement ended without a word of SQL Server's that decides it.
    ///
    /// @param cause what was seen instead
    record Unknown(List<ServerMessage> messages, String cause) implements Verdict {
        public Unknown {
            messages = List.copyOf(messages);
        }
    }

    List<ServerMessage> messages();

    /// The errors in the order in which SQL Server sent them, one a line, cause first.
    default String errors() {
        return messages().stream()
                .filter(ServerMessage::isError)
                .map(ServerMessage::toString)
                .collect(Collectors.joining("\n"));
    }

    /// @param messages everything that was said
    /// @param failure  what the driver threw, or an empty string when it threw nothing
    static Verdict of(List<ServerMessage> messages, String failure) {
        boolean failed = messages.stream().anyMatch(m -> m.number() == ServerMessage.TERMINATING_ABNORMALLY);
        if (failed) {
            return new Bad(messages);
        }
        boolean processed = messages.stream().anyMatch(m -> m.number() == ServerMessage.PROCESSED);
        boolean fatal = messages.stream().anyMatch(m -> m.severity() >= 20);
        if (processed && !fatal) {
            return new Good(messages);
        }
        return new Unknown(messages, failure.isEmpty() ? "the statement ended without message 3014 or 3013" : failure);
    }
}
