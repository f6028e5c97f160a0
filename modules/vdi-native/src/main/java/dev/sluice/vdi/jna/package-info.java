/// Clients of the real Virtual Device Interface, through JNA: `libsqlvdi.so` on Linux, `sqlvdi.dll` on Windows.
///
/// [dev.sluice.vdi.jna.NativeVdi] finds one of them. Everything that the two have in common is in
/// `NativeDeviceSet` and `NativeDevice`: who may still be inside when the set is closed, which memory must outlive
/// what, what a command's bytes mean. Where they differ (names of functions, width of arguments, strings, COM)
/// they are two bindings behind `SetCalls` and `DeviceCalls`; both call through `Function.invokeInt`, which serves
/// an exported symbol and a vtable slot alike and is bound to no class, so that one process can hold several
/// libraries.
///
/// Two rules keep the process alive. Nothing is unmapped while a thread may be inside the library or holds a
/// segment open: a set that cannot be closed stays open and says so. And every buffer is handed out as a segment
/// of the set's own arena, which is closed before the library unmaps: use after close is an exception.
@NullMarked
package dev.sluice.vdi.jna;

import org.jspecify.annotations.NullMarked;
