/// The conformance suite of the in-process implementation. Which sentence of Microsoft's documents each test holds
/// is listed in `docs/vdi-conformance.md`.
@NullMarked
package dev.sluice.vdi.inprocess;

import org.jspecify.annotations.NullMarked;
