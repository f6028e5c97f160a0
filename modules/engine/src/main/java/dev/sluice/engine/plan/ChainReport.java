package dev.sluice.engine.plan;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// What a set of backups is worth.
///
/// @param windows  what can be reached, the earliest first
/// @param findings what is missing, or cannot be used
public record ChainReport(List<Window> windows, List<PlanFinding> findings) {
    public ChainReport {
        windows = List.copyOf(windows);
        findings = List.copyOf(findings);
    }

    /// The window that reaches furthest; empty when nothing can be restored.
    public Optional<Window> newest() {
        return windows.stream().max(Comparator.comparing(Window::latest).thenComparing(Window::lastLsn));
    }
}
