package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Log backups of one lineage, for finding the next one.
///
/// Ordered by where they end. At a position, those that end behind it are a tail of the list, and the first of
/// them is nearly always the one; only overlapping ones (copy-only, or the same records twice) make it look
/// further, and `smallestFirst` says when nothing further can fit.
final class LogBackups {

    /// The nearest end first, so that every other candidate remains one; the ordinary chain before copy-only.
    private static final Comparator<Backup> ORDER = Comparator.comparing(Backup::lastLsn)
            .thenComparing(Backup::copyOnly)
            .thenComparing(Backup::finished, Comparator.reverseOrder())
            .thenComparing(Backup::id);

    private final List<Backup> byEnd;
    private final Lsn[] smallestFirst;

    /// @param logs empty ones are left out: a chain moves over them
    LogBackups(List<Backup> logs) {
        byEnd = logs.stream().filter(log -> !log.isEmpty()).sorted(ORDER).toList();
        smallestFirst = new Lsn[byEnd.size()];
        for (int i = byEnd.size() - 1; i >= 0; i--) {
            Lsn first = byEnd.get(i).firstLsn();
            smallestFirst[i] =
                    i + 1 < byEnd.size() && smallestFirst[i + 1].compareTo(first) < 0 ? smallestFirst[i + 1] : first;
        }
    }

    /// The log that a database at this position takes next.
    Optional<Backup> next(RollForwardPosition here) {
        Backup copyOnly = null;
        for (int i = firstEndingBehind(here.lsn());
                i < byEnd.size() && smallestFirst[i].compareTo(here.lsn()) <= 0;
                i++) {
            Backup log = byEnd.get(i);
            if (!here.takes(log)) {
                continue;
            }
            if (!log.copyOnly()) {
                return Optional.of(log);
            }
            if (copyOnly == null) {
                copyOnly = log;
            }
        }
        return Optional.ofNullable(copyOnly);
    }

    /// The log that begins behind this position and before all others.
    Optional<Backup> beyond(Lsn lsn) {
        return byEnd.subList(firstEndingBehind(lsn), byEnd.size()).stream()
                .filter(log -> log.firstLsn().compareTo(lsn) > 0)
                .min(Comparator.comparing(Backup::firstLsn));
    }

    private int firstEndingBehind(Lsn lsn) {
        int low = 0;
        int high = byEnd.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (byEnd.get(middle).lastLsn().compareTo(lsn) > 0) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
