/// The commands, one class each; [Sluice] is `main`.
///
/// A command says what it did on standard output, as text or, with `--json`, as one JSON document; everything else goes
/// to
/// standard error. Exit codes: 0 done, 1 the operation failed, 2 wrong usage or configuration, 3 done but something
/// needs
/// attention, 130 and 143 interrupted.
@NullMarked
package dev.sluice.sidecar.cli;

import org.jspecify.annotations.NullMarked;
