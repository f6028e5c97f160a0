/// Restore drills: whether backups can be restored, found out by restoring them.
///
/// [DrillRun] goes through the steps ([DrillStep]); [ScratchDatabases] alone creates notes and drops databases.
@NullMarked
package dev.sluice.engine.prove;

import org.jspecify.annotations.NullMarked;
