/// What the hot paths cost, by JMH. Nobody depends on this module.
@NullMarked
package dev.sluice.benchmarks;

import org.jspecify.annotations.NullMarked;
