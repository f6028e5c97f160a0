@NullMarked
package dev.sluice.mtf.generate;

import org.jspecify.annotations.NullMarked;
