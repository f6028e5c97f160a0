/// One restore: what it needs, what is checked before anything is touched, its statements, and the bytes on their way
/// to
/// SQL Server.
///
/// [dev.sluice.engine.restore.Precondition] is one thing that it needs, with evidence and remedy: every surface shows
/// the
/// same values, and the restore obeys them.
@NullMarked
package dev.sluice.engine.restore;

import org.jspecify.annotations.NullMarked;
