/// The stand-in for SQL Server: sessions, statements, backups.
///
/// [SimulatedServer] ties the parts together: a TDS endpoint in front, databases behind, and virtual device sets
/// beside. A [Session] parses each batch and runs its statements; queries see the system's views, BACKUP and
/// RESTORE go through devices.
///
/// It answers as SQL Server does wherever the reference says how, and is stricter where it does not.
@NullMarked
package dev.sluice.simulator.server;

import org.jspecify.annotations.NullMarked;
