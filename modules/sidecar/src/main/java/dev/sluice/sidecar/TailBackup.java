package dev.sluice.sidecar;

import dev.sluice.engine.Engine;

/// The last log backup of a database that is about to be overwritten.
final class TailBackup {

    private TailBackup() {}

    static void take(Engine engine, String database, Common common) {
        if (!database.isEmpty()) {
            throw new Misuse("--tail: not yet", "Take a log backup, and say --discard-tail.");
        }
    }
}
