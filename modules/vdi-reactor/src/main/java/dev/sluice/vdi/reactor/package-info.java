/// A virtual device set as Reactor sees it: each device's commands are a `Flux` of leases, driven by demand alone.
///
/// [dev.sluice.vdi.reactor.DeviceSet] is the resource: created before the T-SQL statement is sent, closed on every
/// way out, and never before the last buffer is out of use. [dev.sluice.vdi.reactor.Lease] is an element: one
/// command of SQL Server's, on loan to the subscriber.
///
/// How the endings map: a completed `Flux` is a device that SQL Server closed; an error is an abort, by whomever;
/// cancelling is SignalAbort, because nothing else reaches a thread that waits in GetCommand. Close follows when
/// every device's thread has left.
@NullMarked
package dev.sluice.vdi.reactor;

import org.jspecify.annotations.NullMarked;
