/// Removes backups of one database. The caller decides which ones; this package holds the locks, keeps what may be the
/// last copy, and finishes removals that an earlier process began.
@NullMarked
package dev.sluice.engine.retention;

import org.jspecify.annotations.NullMarked;
