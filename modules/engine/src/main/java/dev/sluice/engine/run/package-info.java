/// What every use case works with: its environment, its run, what it tells while it lasts and how it fails.
///
/// A run ([dev.sluice.engine.run.Run]) has one thread that goes through the steps in order and may block; bytes move on
/// the devices' and the store's threads, driven by demand.
@NullMarked
package dev.sluice.engine.run;

import org.jspecify.annotations.NullMarked;
