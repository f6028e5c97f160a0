/// All that the bucket and msdb know of one database's backups, read for planning.
@NullMarked
package dev.sluice.engine.inventory;

import org.jspecify.annotations.NullMarked;
