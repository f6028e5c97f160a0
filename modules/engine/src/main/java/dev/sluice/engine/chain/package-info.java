/// Whether the chain of backups in the bucket is the one that SQL Server goes on with.
@NullMarked
package dev.sluice.engine.chain;

import org.jspecify.annotations.NullMarked;
