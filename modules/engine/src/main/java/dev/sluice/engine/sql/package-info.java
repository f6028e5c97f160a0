/// SQL Server's control side: connections, the statements that are sent, and what their ends mean.
@NullMarked
package dev.sluice.engine.sql;

import org.jspecify.annotations.NullMarked;
