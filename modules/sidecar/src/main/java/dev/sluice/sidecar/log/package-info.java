/// Log lines, for people and as JSON, and the mask that keeps secrets out of both.
@NullMarked
package dev.sluice.sidecar.log;

import org.jspecify.annotations.NullMarked;
