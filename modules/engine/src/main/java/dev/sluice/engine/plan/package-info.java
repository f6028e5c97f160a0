/// Which backups bring a database to a wanted point, in which order, and why a point cannot be reached.
///
/// Pure: nothing here asks a server, a bucket or a clock. Backups come in from the catalog or from msdb, in any
/// order; what follows is decided by log sequence numbers, families, recovery forks and set GUIDs alone, never by
/// the name of a file or its time. Times only say which log backup contains an instant.
///
/// The door is [Planner].
@NullMarked
package dev.sluice.engine.plan;

import org.jspecify.annotations.NullMarked;
