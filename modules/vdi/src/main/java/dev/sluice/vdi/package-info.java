/// Placeholder.
@NullMarked
package dev.sluice.vdi;

import org.jspecify.annotations.NullMarked;
