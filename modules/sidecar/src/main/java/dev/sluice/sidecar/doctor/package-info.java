/// Can this machine do it? Everything that stands between a configuration and a backup is looked at, and each
/// finding says what was seen and what to do about it.
///
/// A check gets what it looks at (a directory of `/proc`, a session, a store) from outside, so that each finding can
/// be provoked.
@NullMarked
package dev.sluice.sidecar.doctor;

import org.jspecify.annotations.NullMarked;
