@NullMarked
package dev.sluice.simulator.generator;

import org.jspecify.annotations.NullMarked;
