/// What the hot paths cost, by JMH. No module depends on this one.
@NullMarked
package dev.sluice.benchmarks;

import org.jspecify.annotations.NullMarked;
