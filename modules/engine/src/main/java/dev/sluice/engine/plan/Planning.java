package dev.sluice.engine.plan;

import java.util.List;

/// What comes of planning.
public sealed interface Planning permits RestorePlan, Planning.Unreachable {

    /// There is no way, and this is why.
    ///
    /// @param why      in a sentence
    /// @param findings what stands in the way
    /// @param windows  what can be reached instead
    record Unreachable(String why, List<PlanFinding> findings, List<Window> windows) implements Planning {
        public Unreachable {
            findings = List.copyOf(findings);
            windows = List.copyOf(windows);
        }
    }
}
