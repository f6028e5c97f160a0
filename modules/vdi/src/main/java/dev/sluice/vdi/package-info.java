/// Microsoft's Virtual Device Interface, in Java's terms: the vocabulary, and the contracts of both sides.
///
/// A backup application is the *client*: it creates a virtual device set
/// ([dev.sluice.vdi.ClientVirtualDeviceSet]), hands its name to a `BACKUP` or `RESTORE` statement, and serves the
/// commands that SQL Server, the *server* ([dev.sluice.vdi.ServerVirtualDeviceSet]), sends through shared memory.
/// The names are Microsoft's, so that the reference pages can be read beside the code.
///
/// The contracts have several implementations: [dev.sluice.vdi.inprocess.InProcessVdi] holds both sides in one
/// process and is the state machine that every other transport reuses; the native clients live in a module of
/// their own.
///
/// Results are exceptions ([dev.sluice.vdi.VirtualDeviceException] with a [dev.sluice.vdi.VdError]) except where a
/// loop must tell several ordinary endings apart: GetCommand answers with a [dev.sluice.vdi.Fetched], SendCommand
/// with a [dev.sluice.vdi.SendStatus].
@NullMarked
package dev.sluice.vdi;

import org.jspecify.annotations.NullMarked;
