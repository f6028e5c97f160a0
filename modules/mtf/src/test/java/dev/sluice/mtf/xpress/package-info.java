@NullMarked
package dev.sluice.mtf.xpress;

import org.jspecify.annotations.NullMarked;
