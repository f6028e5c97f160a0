package dev.sluice.sidecar.serve;

import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.Summaries.StoredSummary;
import dev.sluice.catalog.SummaryDocument;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Notices a second `serve` for the same SQL Server and identity. Both take every backup, and neither can see the
/// other: what both change all the time is the summary, so what lies there is not what this one wrote last.
///
/// A summary that was there before this one wrote its first tells nothing: the `serve` before it may have died.
///
/// **Threading:** for one thread.
final class OtherWriter {

    private static final Logger log = LoggerFactory.getLogger(OtherWriter.class);

    /// A request that was given up may still be carried out, after later ones.
    private static final int REMEMBERED = 16;

    private final Deque<Instant> own = new ArrayDeque<>(REMEMBERED);
    private boolean written;
    private boolean found;

    /// Before each write.
    void willWrite(SummaryDocument summary) {
        if (own.size() == REMEMBERED) {
            own.removeFirst();
        }
        own.addLast(summary.writtenAt());
    }

    /// After a write of which the bucket has said that it has it.
    void hasWritten() {
        written = true;
    }

    /// Whether it is worth a request to look.
    boolean canTell() {
        return written;
    }

    /// @param stored what lies there before the next write
    /// @param server the SQL Server that this one works with
    void look(Optional<StoredSummary> stored, ServerIdentity server, String identity) {
        boolean was = found;
        found = stored.filter(summary -> summary.document().identity().isItself(server))
                .filter(summary -> !own.contains(summary.document().writtenAt()))
                .isPresent();
        if (found && !was) {
            log.atWarn()
                    .addKeyValue("identity", identity)
                    .addKeyValue("object", stored.orElseThrow().key())
                    .addKeyValue("written", stored.orElseThrow().document().writtenAt())
                    .log(
                            "another `sluice serve` works for this SQL Server with the same identity, so backups are taken twice:"
                                    + " end one of the two");
        } else if (was && !found) {
            log.atInfo().log("the other `sluice serve` for this SQL Server writes no summary any more");
        }
    }
}
