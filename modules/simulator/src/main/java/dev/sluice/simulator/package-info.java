/// What has to be there for Sluice to be tried without the real things: a stand-in for SQL Server in
/// [dev.sluice.simulator.server], with its TDS endpoint, its T-SQL, its databases and the generator of its backup
/// streams in packages of their own, and an object store in [dev.sluice.simulator.s3].
@NullMarked
package dev.sluice.simulator;

import org.jspecify.annotations.NullMarked;
