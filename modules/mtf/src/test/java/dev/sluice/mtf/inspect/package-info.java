@NullMarked
package dev.sluice.mtf.inspect;

import org.jspecify.annotations.NullMarked;
