package dev.sluice.simulator.server;

import dev.sluice.simulator.tds.SqlMessage;
import java.util.List;

/// How a BACKUP or RESTORE ended, as the server knows it; what its client heard may be less.
///
/// @param text the batch
/// @param errors all of them, in order; empty after a success
public record StatementOutcome(int sessionId, String command, String text, boolean success, List<SqlMessage> errors) {
    public StatementOutcome {
        errors = List.copyOf(errors);
    }
}
