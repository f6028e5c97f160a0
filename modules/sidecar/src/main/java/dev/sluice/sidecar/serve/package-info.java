/// `sluice serve`: what the policies say, done at its time, watched and controlled over HTTP.
///
/// [Service] owns the threads: one asks the agenda twice a second what may begin, and every job waits for its
/// run on a virtual thread. What is due, what a planned backup turns into and what may go are decided in
/// [dev.sluice.sidecar.policy], which knows none of this.
@NullMarked
package dev.sluice.sidecar.serve;

import org.jspecify.annotations.NullMarked;
