/// The Virtual Device Interface between processes: the simulator's end of it.
///
/// The other end is `libsqlvdi.so` in `src/main/native`, which exports the symbols of SQL Server's library, so
/// that a client cannot tell them apart. Control travels over UNIX-domain sockets, data lies in a file on tmpfs
/// that both processes map: real shared memory, which really is unmapped when the client closes.
///
/// There is one state machine, that of [dev.sluice.vdi.inprocess.InProcessVdi]. A
/// [dev.sluice.simulator.vdi.CrossProcessVdi] hands out server objects that are ordinary ones of that package.
/// When such a server opens a set, it connects to the client process, and drives a client object on that process's
/// behalf: Create with what the client told, OpenDevice, GetCommand and CompleteCommand as they come in. Who
/// breaks the protocol, or dies, is an abort for the other.
///
/// `SetFiles` says where sockets and memory are, `Frame` what travels; `wire.h` is the other copy of both.
@NullMarked
package dev.sluice.simulator.vdi;

import org.jspecify.annotations.NullMarked;
