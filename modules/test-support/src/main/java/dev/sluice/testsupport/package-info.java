/// Faults between two real programs, for tests: [dev.sluice.testsupport.Relay] at the level of bytes,
/// [dev.sluice.testsupport.FaultyProxy] at the level of HTTP requests and responses. Test scope only, in every
/// module.
@NullMarked
package dev.sluice.testsupport;

import org.jspecify.annotations.NullMarked;
