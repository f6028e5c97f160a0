/// What a backup's stream says about the backup, and how a document keeps it.
@NullMarked
package dev.sluice.engine.stream;

import org.jspecify.annotations.NullMarked;
