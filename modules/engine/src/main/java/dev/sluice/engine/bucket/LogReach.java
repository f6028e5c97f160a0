package dev.sluice.engine.bucket;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How far the log behind the newest data backup of a database is in the bucket.
///
/// @param hole    the first part that no log backup of ours has; null when there is none, or when a backup's place
///                in the log is not known
/// @param covered where the unbroken part ends; null when a backup's place in the log is not known
public record LogReach(@Nullable Stretch hole, @Nullable BigInteger covered) {

    private static final LogReach UNKNOWN = new LogReach(null, null);

    /// A part of the log.
    public record Stretch(BigInteger first, BigInteger last) {}

    /// @param keys     of the database's entries, the earliest first
    /// @param pendings of the same database
    public static LogReach of(List<CatalogKey> keys, List<BackupDocument> pendings) {
        CatalogKey data = keys.reversed().stream()
                .filter(key -> key.type() != BackupType.LOG)
                .findFirst()
                .orElse(null);
        if (data == null || data.lastLsn().signum() == 0) {
            return UNKNOWN;
        }
        List<Stretch> logs = Stream.concat(
                        keys.stream()
                                .filter(key -> key.type() == BackupType.LOG)
                                .filter(key -> key.startedAt().isAfter(data.startedAt()))
                                .map(key -> new Stretch(key.firstLsn(), key.lastLsn())),
                        pendings.stream()
                                .filter(pending -> pending.type() == BackupType.LOG)
                                .map(pending -> new Stretch(pending.firstLsn(), pending.lastLsn())))
                .sorted(Comparator.comparing(Stretch::first))
                .toList();
        BigInteger covered = data.lastLsn();
        for (Stretch log : logs) {
            if (log.first().signum() == 0) {
                return UNKNOWN;
            }
            if (log.first().compareTo(covered) > 0) {
                return new LogReach(new Stretch(covered, log.first()), covered);
            }
            covered = covered.max(log.last());
        }
        return new LogReach(null, covered);
    }
}
