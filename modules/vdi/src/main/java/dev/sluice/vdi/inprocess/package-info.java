/// Both sides of the Virtual Device Interface in one process: the one state machine that every transport of ours
/// carries calls to.
///
/// [dev.sluice.vdi.inprocess.InProcessVdi] is a namespace of sets, as the machine is for the native library. A set
/// that both sides use is a `SharedSet` with one lock; its devices keep their command queues under the same lock.
/// The classes that callers hold (`ClientSet`, `ServerSet` and their devices) are thin: they know whether they
/// have a set at all, and pass calls on. Completion routines never run under the lock.
///
/// Where Microsoft's documents are silent or contradict themselves, [dev.sluice.vdi.inprocess.VdiBehavior] chooses
/// among [dev.sluice.vdi.inprocess.Answer]s; `docs/vdi-conformance.md` lists them, and every sentence of the
/// documents with the test that holds it.
///
/// A transport between processes serves the remote side's calls through an ordinary client or server object of
/// this package, and chooses where the buffers live by a [dev.sluice.vdi.inprocess.BufferMemory] of its own.
@NullMarked
package dev.sluice.vdi.inprocess;

import org.jspecify.annotations.NullMarked;
