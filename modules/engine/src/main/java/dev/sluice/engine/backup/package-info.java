/// One BACKUP: pending document, statement, bytes, verdict, catalog entry.
///
/// [dev.sluice.engine.backup.CommitPoint] decides when SQL Server may be told that the backup is durable. Nothing is
/// deleted without proof: only a bad verdict, or a run that never let SQL Server call the backup good, deletes.
@NullMarked
package dev.sluice.engine.backup;

import org.jspecify.annotations.NullMarked;
