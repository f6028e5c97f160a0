/// Reads a stored backup again: every byte against its sums, and the stream against SQL Server's format.
@NullMarked
package dev.sluice.engine.verify;

import org.jspecify.annotations.NullMarked;
