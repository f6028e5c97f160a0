/// The self-test on a genuine SQL Server: backups, restores, cancels and questions about virtual devices, on a
/// scratch database that it makes, and a report of what was seen.
///
/// [SelfTestRun] goes through the steps ([SelfTestStep]). Everything passes through [RecordedDeviceSets], which
/// is given to the production's own runs in the place of the machine's interface; [VdiQuestions] asks what the
/// documents leave open.
@NullMarked
package dev.sluice.engine.selftest;

import org.jspecify.annotations.NullMarked;
