/// When which backup is due, and what it turns into just before it starts: decisions only, from what is known to what
/// is
/// to be done.
///
/// Nothing here looks at a clock, a server or a bucket; the caller says what time it is and what there is.
@NullMarked
package dev.sluice.sidecar.schedule;

import org.jspecify.annotations.NullMarked;
