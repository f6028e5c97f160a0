/// Placeholder.
@NullMarked
package dev.sluice.s3;

import org.jspecify.annotations.NullMarked;
