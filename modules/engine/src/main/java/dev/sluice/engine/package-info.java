/// The use cases: back up, restore, recover.
///
/// [dev.sluice.engine.Engine] is the door. A run ([dev.sluice.engine.Run]) is one BACKUP or RESTORE from its plan
/// to its verdict: it has one thread that goes through the steps in order, and may block; bytes move on the
/// devices' and the store's threads, driven by demand. Nothing is deleted without proof:
/// [dev.sluice.engine.sql.Verdict] says what SQL Server believes, and only a bad verdict, or a run that never let
/// SQL Server call the backup good, deletes.
@NullMarked
package dev.sluice.engine;

import org.jspecify.annotations.NullMarked;
