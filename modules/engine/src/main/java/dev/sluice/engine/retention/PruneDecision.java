package dev.sluice.engine.retention;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Origin;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What becomes of each backup, from the request, the rule's choice and the holds.
///
/// @param choices    of the request's chooser, by id
/// @param pendingIds of backups that have a pending document
record PruneDecision(
        PruneRequest request, Map<String, KeepDecision> choices, Set<String> pendingIds, HoldsInForce holds) {

    PruneReport.Entry of(BackupDocument document) {
        String id = document.backupId();
        boolean kept = true;
        String reason;
        Optional<String> hold = holds.reason(id);
        KeepDecision choice = choices.get(id);
        if (hold.isPresent()) {
            reason = hold.get();
        } else if (request.confirmed().contains(id)) {
            kept = false;
            reason = "named to be removed";
        } else if (document.origin() == Origin.ADOPTED) {
            kept = !request.adopted().contains(id);
            reason = kept ? "adopted: it goes only when a person names it" : "adopted, and named to be removed";
        } else if (request.unconfirmed().contains(id)) {
            kept = false;
            reason = "unconfirmed, and named to be removed";
        } else if (document.origin() == Origin.REBUILT
                && document.verdict().outcome() == BackupDocument.Outcome.UNCONFIRMED) {
            reason = "unconfirmed";
        } else if (pendingIds.contains(id)) {
            reason = document.verdict().outcome() == BackupDocument.Outcome.GOOD
                    ? "recover has not dealt with its pending document yet"
                    : "unconfirmed";
        } else if (choice == null) {
            reason = "its document says too little to tell what rests on it";
        } else {
            kept = choice.kept();
            reason = choice.reason();
        }
        return new PruneReport.Entry(id, document.type(), document.startedAt(), document.bytes(), kept, reason);
    }
}
