/// Clients of the real Virtual Device Interface, through JNA: `libsqlvdi.so` on Linux, `sqlvdi.dll` on Windows.
///
/// [dev.sluice.vdi.jna.NativeVdi] finds one of them. `NativeDeviceSet` and `NativeDevice` hold everything that the
/// two have in common: the order of closing, the lifetimes of memory, the layout of commands. The differences
/// (names of functions, width of arguments, strings, COM) are in two bindings behind `SetCalls` and `DeviceCalls`.
/// Both call through `Function.invokeInt`, which serves exported symbols and vtable slots alike and is bound to no
/// class, so that one process can load several libraries.
///
/// Two rules keep the process alive. Nothing is unmapped while a thread may be inside the library or holds a
/// segment open: a set that cannot be closed stays open and says so. And every buffer is handed out as a segment
/// of the set's own arena, which is closed before the library unmaps: use after close is an exception.
@NullMarked
package dev.sluice.vdi.jna;

import org.jspecify.annotations.NullMarked;
