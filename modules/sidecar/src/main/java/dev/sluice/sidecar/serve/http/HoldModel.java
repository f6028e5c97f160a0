package dev.sluice.sidecar.serve.http;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.HoldDocument;
import dev.sluice.engine.retention.HoldResult;
import dev.sluice.sidecar.hold.HoldBook;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The JSON objects about holds, as [ApiModel] has the others.
final class HoldModel {

    private HoldModel() {}

    /// @param type      of the backup; left out, as `startedAt`, where it has no entry: it is unconfirmed, or gone
    /// @param until     left out where only a release ends the hold
    /// @param legalHold whether the hold has put objects under S3's legal hold
    /// @param keeps     how many backups the hold keeps, the named one included
    record Hold(
            String backup,
            String database,
            @Nullable BackupType type,
            @Nullable Instant startedAt,
            Instant heldAt,
            @Nullable Instant until,
            @Nullable String reason,
            boolean legalHold,
            int keeps)
            implements ApiModel.Body {

        static Hold of(HoldBook.Held held) {
            HoldDocument hold = held.hold();
            CatalogKey entry = held.entry();
            return new Hold(
                    hold.backupId(),
                    hold.database(),
                    entry == null ? null : entry.type(),
                    entry == null ? null : entry.startedAt(),
                    hold.heldAt(),
                    hold.until(),
                    hold.reason(),
                    hold.legalHold(),
                    hold.backups().size());
        }
    }

    /// @param unreadable a sentence for each hold that cannot be read
    record Holds(List<Hold> holds, List<String> unreadable) implements ApiModel.Body {

        static Holds of(HoldBook.Look look) {
            return new Holds(look.held().stream().map(Hold::of).toList(), look.unreadable());
        }
    }

    /// @param until an instant, or a date, which the hold includes
    record HoldRequest(
            String backup,
            @Nullable String until,
            @Nullable String reason,
            @Nullable Boolean lock) implements ApiModel.Body {}

    /// @param backups     the ids of all backups that the hold keeps, the named one last
    /// @param unreachable why the backup cannot be restored, and is held alone
    /// @param objects     how many objects Object Lock keeps now; left out where `lock` was not asked for
    /// @param notLocked   the ids of backups whose files no lock keeps, because they are another program's
    record PlacedHold(
            String backup,
            String database,
            Instant heldAt,
            @Nullable Instant until,
            @Nullable String reason,
            boolean legalHold,
            List<String> backups,
            @Nullable String unreachable,
            @Nullable Integer objects,
            List<String> notLocked)
            implements ApiModel.Body {

        static PlacedHold of(HoldResult placed) {
            HoldDocument hold = placed.hold();
            return new PlacedHold(
                    hold.backupId(),
                    hold.database(),
                    hold.heldAt(),
                    hold.until(),
                    hold.reason(),
                    hold.legalHold(),
                    hold.backups(),
                    placed.unreachable(),
                    placed.locks() == null ? null : placed.locks().objects(),
                    placed.adopted());
        }
    }

    record ReleasedHold(String released) implements ApiModel.Body {}
}
