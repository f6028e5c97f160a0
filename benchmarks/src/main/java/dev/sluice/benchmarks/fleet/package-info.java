/// A fleet of many servers below one prefix: how long `sluice fleet` takes to see all of it.
@NullMarked
package dev.sluice.benchmarks.fleet;

import org.jspecify.annotations.NullMarked;
