package dev.sluice.engine.retention;

import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.ChainReport;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.mtf.Lsn;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// Gaps in the log that retention has left on purpose: they begin where a backup ends that stays without the log
/// behind it. A report that told them as losses would cry wolf for years.
public final class ExpectedGaps {

    private ExpectedGaps() {}

    /// The report without these gaps.
    ///
    /// @param alone the ids of the backups that stay without the log behind them
    public static ChainReport leftOut(ChainReport report, List<Backup> backups, Set<String> alone) {
        Set<Lsn> ends = backups.stream()
                .filter(backup -> alone.contains(backup.id()))
                .map(Backup::lastLsn)
                .collect(Collectors.toSet());
        return new ChainReport(
                report.windows(),
                report.findings().stream()
                        .filter(finding -> !(finding instanceof PlanFinding.Gap gap && ends.contains(gap.from())))
                        .toList());
    }
}
