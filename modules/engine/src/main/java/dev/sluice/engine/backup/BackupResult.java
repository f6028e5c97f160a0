package dev.sluice.engine.backup;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.engine.sql.Verdict;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A backup that SQL Server called good and that is in the catalog.
///
/// @param document       its catalog entry
/// @param key            the entry's key
/// @param seconds        from the request to here
/// @param historyMissing msdb had no row for it; the entry is completed later
/// @param warnings       what SQL Server said beside its success: errors, and warnings of its own
/// @param chain          what is wrong with the chain of backups that this one belongs to
/// @param answer         the backup that was taken because of that; null when none was
/// @param left           what it left behind in the bucket, because it could not be removed: a sentence for
///                       each, with its key
public record BackupResult(
        BackupDocument document,
        CatalogKey key,
        double seconds,
        boolean historyMissing,
        List<ServerMessage> warnings,
        List<ChainFinding> chain,
        @Nullable BackupResult answer,
        List<String> left) {

    public BackupResult {
        warnings = List.copyOf(warnings);
        chain = List.copyOf(chain);
        left = List.copyOf(left);
    }

    static BackupResult of(
            BackupDocument document, CatalogKey key, double seconds, Verdict.Good verdict, List<String> left) {
        return new BackupResult(
                document,
                key,
                seconds,
                document.history() == null,
                verdict.messages().stream().filter(ServerMessage::isError).toList(),
                List.of(),
                null,
                left);
    }

    BackupResult withChain(List<ChainFinding> findings) {
        return new BackupResult(document, key, seconds, historyMissing, warnings, findings, answer, left);
    }

    public BackupResult withAnswer(BackupResult taken) {
        return new BackupResult(document, key, seconds, historyMissing, warnings, chain, taken, left);
    }
}
