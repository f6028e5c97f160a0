package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.VerificationDocument;
import dev.sluice.catalog.VerificationKey;
import dev.sluice.catalog.Verifications;
import dev.sluice.engine.run.Blocking;
import dev.sluice.sidecar.report.Moments;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;

/// The verifications of a database's backups as `list` and `show` tell of them.
///
/// @param last of each backup, by its id
record LastVerifications(Map<String, VerificationKey> last) {

    /// A sound verification of the future is not believed: it would hide damage until then.
    ///
    /// @param refused is told what cannot be listed, or is not believed
    static LastVerifications of(Verifications verifications, String database, Instant now, Consumer<String> refused) {
        Map<String, VerificationKey> last = new HashMap<>();
        try {
            for (VerificationKey key : Blocking.uncancellably(verifications.list(database))) {
                if (key.isSound() && key.isAhead(now)) {
                    refused.accept("verification %s ended in the future, and is not believed: compare the clocks of the"
                                    .formatted(key.key())
                            + " machines that verify");
                    continue;
                }
                last.merge(
                        key.backupId(),
                        key,
                        (one, other) -> one.finishedAt().isAfter(other.finishedAt()) ? one : other);
            }
        } catch (CatalogException e) {
            refused.accept(String.valueOf(e.getMessage()));
        }
        return new LastVerifications(last);
    }

    /// What the verifications of one backup found, the earliest first.
    ///
    /// @param refused is told what cannot be listed or read
    static List<VerificationDocument> of(Verifications verifications, BackupDocument backup, Consumer<String> refused) {
        Consumer<CatalogException> told = e -> refused.accept(String.valueOf(e.getMessage()));
        return Blocking.uncancellably(verifications
                .of(backup.database(), backup.backupId())
                .onErrorResume(CatalogException.class, e -> {
                    told.accept(e);
                    return Flux.empty();
                })
                .concatMap(key -> verifications.read(key, told)));
    }

    private Optional<VerificationKey> of(String backupId) {
        return Optional.ofNullable(last.get(backupId));
    }

    /// For programs.
    Optional<Map<String, String>> document(String backupId) {
        return of(backupId)
                .map(key -> Map.of(
                        "outcome",
                        key.outcome().text(),
                        "finishedAt",
                        key.finishedAt().toString()));
    }

    /// What the line of a backup ends in; empty when it was never verified.
    String text(String backupId) {
        return of(backupId)
                .map(key -> key.isSound() ? "  verified " + Moments.text(key.finishedAt()) : "  DAMAGED")
                .orElse("");
    }

    /// What the user should look at.
    Optional<String> finding(String backupId) {
        return of(backupId)
                .filter(key -> !key.isSound())
                .map(key -> "backup %s is damaged, as its verification of %s found: `sluice show %s` tells more"
                        .formatted(backupId, key.finishedAt(), backupId));
    }
}
