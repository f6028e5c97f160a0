/// A virtual device set as Reactor sees it: each device's commands are a `Flux` of leases, driven by demand alone.
///
/// [dev.sluice.vdi.reactor.DeviceSet] is the resource: its owner creates it before it sends the T-SQL statement and
/// closes it on every path, and the set closes only when no buffer is in use. [dev.sluice.vdi.reactor.Lease] is an
/// element: one command of SQL Server's, on loan to the subscriber.
///
/// The signals map as follows: a `Flux` completes when SQL Server closed the device; it fails when either side
/// aborted the set; a cancel calls SignalAbort, because nothing else wakes a thread that waits in GetCommand. Close
/// follows when every device's thread has ended.
@NullMarked
package dev.sluice.vdi.reactor;

import org.jspecify.annotations.NullMarked;
