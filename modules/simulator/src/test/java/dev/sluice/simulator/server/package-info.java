/// Drives the stand-in with nothing but T-SQL and a small VDI client.
@org.jspecify.annotations.NullMarked
package dev.sluice.simulator.server;
