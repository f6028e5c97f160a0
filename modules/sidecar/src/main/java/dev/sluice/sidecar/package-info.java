/// Placeholder.
@NullMarked
package dev.sluice.sidecar;

import org.jspecify.annotations.NullMarked;
