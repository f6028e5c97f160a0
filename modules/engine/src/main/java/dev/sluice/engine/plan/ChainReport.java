package dev.sluice.engine.plan;

import java.util.List;

/// What a set of backups is worth.
///
/// @param windows  what can be reached, the earliest first
/// @param findings what is missing, or cannot be used
public record ChainReport(List<Window> windows, List<PlanFinding> findings) {
    public ChainReport {
        windows = List.copyOf(windows);
        findings = List.copyOf(findings);
    }
}
