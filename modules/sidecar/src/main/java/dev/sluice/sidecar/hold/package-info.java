/// Holds: what a person has said must not be removed, as the bucket has it.
///
/// [HoldEnd] reads the end of a hold, [HoldBook] the holds that are in force. Placing and releasing one is the
/// engine's. Commands and the service use both; this package knows neither.
@NullMarked
package dev.sluice.sidecar.hold;

import org.jspecify.annotations.NullMarked;
