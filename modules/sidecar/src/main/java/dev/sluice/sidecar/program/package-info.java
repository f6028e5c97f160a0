/// Programs that the configuration has Sluice run: receivers of notifications, and hooks around backups.
@NullMarked
package dev.sluice.sidecar.program;

import org.jspecify.annotations.NullMarked;
