package dev.sluice.simulator.transfer;

import java.lang.foreign.MemorySegment;

/// Where the bytes of one stripe go.
///
/// **Threading:** one thread, the device's.
///
/// **Errors:** what [#accept] throws ends the statement.
public interface StripeSink {

    /// The next bytes of the stripe.
    ///
    /// **Ownership:** lent for the call.
    void accept(MemorySegment bytes);

    /// Whether nothing more is wanted, although there may be more.
    boolean satisfied();
}
