@NullMarked
package dev.sluice.mtf;

import org.jspecify.annotations.NullMarked;
