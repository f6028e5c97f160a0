package dev.sluice.engine.selftest;

import java.util.Map;
import java.util.Optional;

/// What this machine's side of the Virtual Device Interface tells beyond the calls on its sets.
///
/// **Threading:** asked on the self-test's thread; may take seconds.
public interface VdiSurroundings {

    /// The library, the operating system and other facts that identify them, without names of hosts and users.
    Map<String, String> facts();

    /// What was measured of the unit of the library's time-outs (Q1); empty where there is no such unit.
    Optional<String> timeoutUnit();

    /// Whether the library has the symbols that its header promises (Q29); empty where there is no library.
    Optional<String> symbols();

    /// Whether Sluice's own binding refuses calls that could crash a process before the library sees them, and
    /// makes a new native object for each Create. Then the library's answer to such calls cannot be seen.
    boolean guardsCalls();
}
