/// Placeholder.
@NullMarked
package dev.sluice.vdi.jna;

import org.jspecify.annotations.NullMarked;
