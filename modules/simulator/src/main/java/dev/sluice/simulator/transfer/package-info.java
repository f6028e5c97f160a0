/// SQL Server's end of the Virtual Device Interface: what BACKUP and RESTORE do with the devices of a set.
///
/// [VirtualMedia] is the set of one statement, from Open to the end of its completion agent. Stripes are pulled
/// from a [StripeSource] or pushed into a [StripeSink]; this package knows nothing of what is in them.
///
/// There is one thread per device, as in SQL Server, one agent, and one pool of buffers that all devices share. A
/// device's thread sends commands and waits; completion routines run on the agent, give buffers back and wake the
/// device. The first thing that goes wrong, anywhere, is the statement's [MediaFailure]: every device stops
/// sending, waits until the client has completed what it holds, and is closed.
@NullMarked
package dev.sluice.simulator.transfer;

import org.jspecify.annotations.NullMarked;
