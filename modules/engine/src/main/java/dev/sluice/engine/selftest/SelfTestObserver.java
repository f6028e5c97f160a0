package dev.sluice.engine.selftest;

import dev.sluice.engine.recovery.Leftover;
import dev.sluice.engine.restore.RestoreObserver;

/// Is told what a self-test does while it lasts.
///
/// **Threading:** on the self-test's threads; returns quickly.
public interface SelfTestObserver extends RestoreObserver {

    /// Shows nothing.
    SelfTestObserver SILENT = new SelfTestObserver() {};

    /// A step begins.
    default void began(SelfTestStep step) {}

    /// A step has ended, or was not begun.
    default void ended(SelfTestStep step, StepOutcome outcome) {}

    /// What became of the scratch database of an earlier drill or self-test.
    default void found(Leftover leftover) {}

    /// Everything that is known so far: after each step, and at the end, also of a self-test that was cancelled.
    default void report(SelfTestReport report) {}
}
