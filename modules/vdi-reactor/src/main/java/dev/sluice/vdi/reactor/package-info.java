/// Placeholder.
@NullMarked
package dev.sluice.vdi.reactor;

import org.jspecify.annotations.NullMarked;
