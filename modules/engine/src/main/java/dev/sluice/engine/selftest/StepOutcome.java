package dev.sluice.engine.selftest;

import java.util.List;

/// What came of a step.
public sealed interface StepOutcome {

    /// It found nothing wrong.
    ///
    /// @param evidence what was seen, a sentence each
    record Passed(double seconds, List<String> evidence) implements StepOutcome {
        public Passed {
            evidence = List.copyOf(evidence);
        }
    }

    /// It found something.
    ///
    /// @param evidence what was seen before
    record Failed(double seconds, List<String> evidence, String what) implements StepOutcome {
        public Failed {
            evidence = List.copyOf(evidence);
        }
    }

    /// It was not tried.
    record Skipped(String why) implements StepOutcome {}
}
