/// When which backup is due, and which backups may go: decisions only, from what is known to what is to be done.
///
/// Nothing here looks at a clock, a server or a bucket; whoever asks says what time it is and what there is.
@NullMarked
package dev.sluice.sidecar.policy;

import org.jspecify.annotations.NullMarked;
