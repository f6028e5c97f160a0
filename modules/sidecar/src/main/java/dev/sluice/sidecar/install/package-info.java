/// What a command works on: an engine with its server, bucket and machine, as a configuration names them or embedded in
/// this process.
@NullMarked
package dev.sluice.sidecar.install;

import org.jspecify.annotations.NullMarked;
