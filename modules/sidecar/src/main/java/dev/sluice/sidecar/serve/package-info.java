/// `sluice serve`: what the policies say, done at its time, watched and controlled over HTTP.
///
/// [Service] owns the threads: one asks the schedule twice a second what may begin, and every job waits for its run on
/// a
/// virtual thread. What is due and what a planned backup turns into is decided in [dev.sluice.sidecar.schedule], what
/// may go in [dev.sluice.engine.retention]; neither knows of threads.
@NullMarked
package dev.sluice.sidecar.serve;

import org.jspecify.annotations.NullMarked;
