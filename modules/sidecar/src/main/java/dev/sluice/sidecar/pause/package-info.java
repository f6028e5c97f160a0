/// Pauses: what a person has said must not start by schedule until an instant, kept in the bucket.
///
/// [Pause] says whether a pause is about a database and a kind of work, [PauseBook] reads, adds and ends pauses
/// in the bucket. Commands and the service use both; this package knows neither.
@NullMarked
package dev.sluice.sidecar.pause;

import org.jspecify.annotations.NullMarked;
